// The agent's side of remotedialer: dials its server, and dials the target when the server asks for it.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"log"
	"net/http"
	"os"

	"cluster-connect.internal/bench/peers/fronts/proxy"
	"github.com/gorilla/websocket"
	"github.com/rancher/remotedialer"
	"github.com/sirupsen/logrus"
)

func main() {
	address := flag.String("url", "", "where the server takes agents, wss://")
	target := flag.String("target", "", "the one address that is dialled")
	caFile := flag.String("ca", "", "authority that the server is verified against, a file")
	tokenFile := flag.String("token-file", "", "what is shown to the server")
	flag.Parse()
	logrus.SetLevel(logrus.WarnLevel)
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		log.Fatal(err)
	}
	roots, err := proxy.RootCAs(*caFile)
	if err != nil {
		log.Fatal(err)
	}
	headers := http.Header{"Authorization": {"Bearer " + string(token)}}
	dialer := &websocket.Dialer{
		HandshakeTimeout: remotedialer.HandshakeTimeOut,
		TLSClientConfig:  &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	allow := func(network, wanted string) bool { return network == "tcp" && wanted == *target }
	for {
		// Waits five seconds itself after a failure.
		if err := remotedialer.ClientConnect(context.Background(), *address, headers, dialer, allow, nil); err != nil {
			log.Print(err)
		}
	}
}
