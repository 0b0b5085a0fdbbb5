from aws_cdk import App, Stack
from cdk_tunnel_token_rotator import TunnelTokenRotator

app = App()
stack = Stack(app, "Tunnels")
TunnelTokenRotator(stack, "Rotator")
app.synth()
