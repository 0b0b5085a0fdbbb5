"""A device's agent: waits for the token of a tunnel, connects to it, and answers what comes through."""
import json
import struct
import threading

import paho.mqtt.client as mqtt
import websocket

DATA = 1
STREAM_START = 2


def varint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes(encoded) + bytes([number])


def read_varint(body, place):
    number = shift = 0
    while True:
        byte = body[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7


def encode(kind, stream_id, service_id, connection_id, payload=b""):
    """https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V3WebSocketProtocolGuide.md"""
    service = service_id.encode()
    body = b"\x08" + varint(kind) + b"\x10" + varint(stream_id) + b"\x22" + varint(len(payload)) + payload
    body += b"\x2a" + varint(len(service)) + service + b"\x38" + varint(connection_id)
    return struct.pack(">H", len(body)) + body


class Decoder:
    """Messages of a byte stream, which may be cut anywhere: dictionaries of field number and value."""

    def __init__(self):
        self.rest = b""

    def push(self, chunk):
        self.rest += chunk
        while len(self.rest) >= 2:
            end = 2 + struct.unpack(">H", self.rest[:2])[0]
            if len(self.rest) < end:
                return
            body, self.rest = self.rest[2:end], self.rest[end:]
            yield fields(body)


def fields(body):
    found, place = {}, 0
    while place < len(body):
        tag, place = read_varint(body, place)
        value, place = read_varint(body, place)
        if tag & 7 == 2:
            place, value = place + value, body[place:place + value]
        found[tag >> 3] = value
    return found


class Agent:
    def __init__(self, thing_name, mqtt_host, mqtt_port, tunnel_url, answer):
        self.answer = answer
        self.url = f"{tunnel_url}/tunnel?local-proxy-mode=destination"
        self.subscribed = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=thing_name)
        self.client.on_connect = lambda client, *_: client.subscribe(f"$aws/things/{thing_name}/tunnels/notify", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _client, _data, message: self.open(json.loads(message.payload)["clientAccessToken"])
        self.client.connect(mqtt_host, mqtt_port)
        self.client.loop_start()

    def open(self, token):
        decoder = Decoder()

        def heard(tunnel, chunk):
            for message in decoder.push(chunk):
                if message.get(1) == DATA:
                    answer = self.answer(message[4].decode()).encode()
                    tunnel.send(encode(DATA, message[2], message.get(5, b"").decode(), message.get(7, 0), answer), websocket.ABNF.OPCODE_BINARY)

        tunnel = websocket.WebSocketApp(self.url, header={"access-token": token}, subprotocols=["aws.iot.securetunneling-3.0"], on_message=heard)
        threading.Thread(target=tunnel.run_forever, daemon=True).start()

    def stop(self):
        self.client.loop_stop()
        self.client.disconnect()
