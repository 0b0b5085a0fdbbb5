module example.com/tunnels

go 1.25

require (
	github.com/aws/aws-cdk-go/awscdk/v2 v2.257.0
	github.com/aws/jsii-runtime-go v1.140.0
	github.com/tunnel-token-rotator/cdk-tunnel-token-rotator-go/cdktunneltokenrotator v0.1.0
)
