// The reverse proxy in front of Konnectivity, as kube-apiserver stands before it: a gRPC tunnel through the proxy server's
// Unix socket for each connection that is dialled, and kept connections.
package main

import (
	"context"
	"flag"
	"log"
	"net"

	"cluster-connect.internal/bench/peers/fronts/proxy"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"sigs.k8s.io/apiserver-network-proxy/konnectivity-client/pkg/client"
)

func main() {
	settings := proxy.Flags()
	socket := flag.String("proxy-socket", "", "the proxy server's Unix socket")
	flag.Parse()
	overSocket := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", *socket)
	})
	// The socket's file permissions protect it; TLS begins at the agent's link.
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		// The tunnel outlives the request that it was dialled for.
		tunnel, err := client.CreateSingleUseGrpcTunnelWithContext(ctx, context.Background(), "passthrough:///konnectivity", overSocket, plain)
		if err != nil {
			return nil, err
		}
		return tunnel.DialContext(ctx, network, address)
	}
	handler, err := proxy.New(settings, dial)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(proxy.Serve(settings, handler))
}
