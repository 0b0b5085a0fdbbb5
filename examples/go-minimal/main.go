package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/tunnel-token-rotator/cdk-tunnel-token-rotator-go/cdktunneltokenrotator"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Tunnels"), nil)
	cdktunneltokenrotator.NewTunnelTokenRotator(stack, jsii.String("Rotator"), nil)
	app.Synth(nil)
}
