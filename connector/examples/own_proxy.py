#!/usr/bin/env python3
"""A connector of your own: reads the token, runs a proxy with it, reports it as spent, waits for the next. Needs boto3.

  TUNNEL_SECRET_PREFIX=tunnel-tokens/Tunnels-Rotator ./own_proxy.py TUNNEL_ID localproxy -r eu-west-1 -s SSH=5555
"""
import json, os, subprocess, sys, time, urllib.parse
import boto3

tunnel, command = sys.argv[1], sys.argv[2:]
secret_name = f"{os.environ['TUNNEL_SECRET_PREFIX']}/{tunnel.replace(':', '.')}/source"
secrets, iot, tunnels = boto3.client('secretsmanager'), boto3.client('iot-data'), boto3.client('iotsecuretunneling')

def read():
    try:
        return json.loads(secrets.get_secret_value(SecretId=secret_name)['SecretString'])
    except secrets.exceptions.ResourceNotFoundException:
        return {}

def tell(about, **message):
    topic = f"tunnels/{urllib.parse.quote(tunnel, safe='')}/{about}"
    iot.publish(topic=topic, qos=1, payload=json.dumps({'clientMode': 'SOURCE', **message}))

def fresh(spent):
    """Any signal may be lost, so it is repeated, ever less often; the proof lets the rotator act at once."""
    pause = 5
    while tunnels.describe_tunnel(tunnelId=tunnel)['tunnel']['status'] == 'OPEN':
        tell('disconnected', proof=spent['proof']) if spent else tell('token-request')
        until = time.monotonic() + pause
        while time.monotonic() < until:
            time.sleep(0.4)
            if (found := read()) and found['generation'] != spent.get('generation'):
                return found
        pause = min(60, pause * 2)
    sys.exit('The tunnel is over.')

current = read() or fresh({})
while True:
    # The environment is the one place where a token shows in no process listing.
    subprocess.run(command, env={**os.environ, 'AWSIOT_TUNNEL_ACCESS_TOKEN': current['token']})
    current = fresh(current)  # a command that fails at once burns tokens, until the rotator holds back: try it by hand first
