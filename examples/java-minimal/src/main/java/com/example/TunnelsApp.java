package com.example;

import io.github.tunneltokenrotator.cdk.TunnelTokenRotator;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Stack;

public final class TunnelsApp {
    public static void main(final String[] args) {
        final App app = new App();
        final Stack stack = new Stack(app, "Tunnels");
        new TunnelTokenRotator(stack, "Rotator");
        app.synth();
    }
}
