// The reverse proxy in front of remotedialer, as Rancher has it: agents come in on a path of the same listener, requests
// go out on connections that the agent's session dials.
package main

import (
	"crypto/subtle"
	"flag"
	"log"
	"net/http"
	"os"

	"cluster-connect.internal/bench/peers/fronts/proxy"
	"github.com/rancher/remotedialer"
	"github.com/sirupsen/logrus"
)

const (
	connectPath = "/v3/connect"
	clientKey   = "bench"
)

func main() {
	settings := proxy.Flags()
	tokenFile := flag.String("token-file", "", "what the agent has to show")
	flag.Parse()
	logrus.SetLevel(logrus.WarnLevel)
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		log.Fatal(err)
	}
	expected := append([]byte("Bearer "), token...)
	tunnels := remotedialer.New(func(request *http.Request) (string, bool, error) {
		shown := []byte(request.Header.Get("Authorization"))
		return clientKey, subtle.ConstantTimeCompare(shown, expected) == 1, nil
	}, remotedialer.DefaultErrorWriter)
	handler, err := proxy.New(settings, proxy.Dial(tunnels.Dialer(clientKey)))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(connectPath, tunnels)
	mux.Handle("/", handler)
	log.Fatal(proxy.Serve(settings, mux))
}
