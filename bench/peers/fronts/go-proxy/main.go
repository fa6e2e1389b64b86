// One hop in Go: the reverse proxy with the dialler of the standard library.
package main

import (
	"flag"
	"log"
	"net"
	"time"

	"cluster-connect.internal/bench/peers/fronts/proxy"
)

func main() {
	settings := proxy.Flags()
	flag.Parse()
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	handler, err := proxy.New(settings, dialer.DialContext)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(proxy.Serve(settings, handler))
}
