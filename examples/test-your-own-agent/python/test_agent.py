"""Run with `python -m unittest`; the local cloud comes from npm."""
import os
import re
import subprocess
import time
import unittest

import boto3
import websocket

from agent import DATA, STREAM_START, Agent, Decoder, encode

LOCAL_CLOUD = os.environ.get("LOCAL_CLOUD", "npx --yes @tunnel-token-rotator/local-cloud").split()


class AgentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = subprocess.Popen([*LOCAL_CLOUD, "--port", "0"], stdout=subprocess.PIPE, text=True)
        greeting = ""
        while "Ctrl-C" not in greeting:
            line = cls.cloud.stdout.readline()
            assert line, f"the local cloud ended: {greeting}"
            greeting += line
        os.environ.update(re.findall(r"^export (\w+)=(.*)$", greeting, re.M))
        cls.url = os.environ["AWS_ENDPOINT_URL"].replace("http", "ws")
        cls.tunnels = boto3.client("iotsecuretunneling")
        mqtt_port = int(re.search(r"mqtt://\S+:(\d+)", greeting)[1])
        cls.agent = Agent("pump-7", "127.0.0.1", mqtt_port, cls.url, lambda request: f"pump-7 says {request.upper()}")
        assert cls.agent.subscribed.wait(10)

    @classmethod
    def tearDownClass(cls):
        cls.agent.stop()
        cls.cloud.terminate()
        cls.cloud.wait()
        cls.cloud.stdout.close()

    def connected(self, tunnel_id):
        """AWS tells of no connection: one asks until it shows."""
        for _ in range(500):
            tunnel = self.tunnels.describe_tunnel(tunnelId=tunnel_id)["tunnel"]
            if tunnel["destinationConnectionState"]["status"] == "CONNECTED":
                return
            time.sleep(0.02)
        self.fail("the agent never connected")

    def ask(self, token, question):
        """The operator's side: says one thing and hears the answer."""
        source = websocket.create_connection(
            f"{self.url}/tunnel?local-proxy-mode=source", header={"access-token": token}, subprotocols=["aws.iot.securetunneling-3.0"], timeout=10)
        source.send_binary(encode(STREAM_START, 1, "SSH", 1) + encode(DATA, 1, "SSH", 1, question.encode()))
        decoder = Decoder()
        while True:
            for message in decoder.push(source.recv()):
                if message.get(1) == DATA:
                    source.close()
                    return message[4].decode()

    def test_the_device_answers(self):
        opened = self.tunnels.open_tunnel(destinationConfig={"thingName": "pump-7", "services": ["SSH"]})
        self.connected(opened["tunnelId"])
        self.assertEqual(self.ask(opened["sourceAccessToken"], "hello"), "pump-7 says HELLO")


if __name__ == "__main__":
    unittest.main()
