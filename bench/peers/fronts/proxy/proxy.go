// Package proxy is a reverse proxy as one would run it: TLS on both sides, HTTP/1.1 and HTTP/2 in, HTTP/1.1 on kept
// connections out. What differs from one front to the next is how it dials.
package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"time"
)

const (
	loopback = "127.0.0.1"
	// Above what any scenario of the bench opens.
	idleConnections = 1024
	idleTimeout     = 90 * time.Second
	headTimeout     = 10 * time.Second
	copyBufferBytes = 32 * 1024
)

// Dial opens a connection to the target.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Settings are those of every front.
type Settings struct {
	Port       int
	TargetPort int
	CertFile   string
	KeyFile    string
	CAFile     string
}

// Flags registers the settings; they hold after flag.Parse.
func Flags() *Settings {
	settings := &Settings{}
	flag.IntVar(&settings.Port, "port", 0, "port to listen on, on the loopback address")
	flag.IntVar(&settings.TargetPort, "target-port", 0, "port that requests go to, on the loopback address")
	flag.StringVar(&settings.CertFile, "cert", "", "certificate of the listener, a file")
	flag.StringVar(&settings.KeyFile, "key", "", "key of the listener, a file")
	flag.StringVar(&settings.CAFile, "ca", "", "authority that the target is verified against, a file")
	return settings
}

// TargetAddress is where requests go.
func (settings *Settings) TargetAddress() string {
	return fmt.Sprintf("%s:%d", loopback, settings.TargetPort)
}

// RootCAs reads an authority.
func RootCAs(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + file)
	}
	return pool, nil
}

// New makes the handler that passes every request on.
func New(settings *Settings, dial Dial) (http.Handler, error) {
	roots, err := RootCAs(settings.CAFile)
	if err != nil {
		return nil, err
	}
	target := &url.URL{Scheme: "https", Host: settings.TargetAddress()}
	return &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) { request.SetURL(target) },
		Transport: &http.Transport{
			DialContext:         dial,
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: idleConnections,
			IdleConnTimeout:     idleTimeout,
			TLSHandshakeTimeout: headTimeout,
			DisableCompression:  true,
			ReadBufferSize:      copyBufferBytes,
			WriteBufferSize:     copyBufferBytes,
		},
		// Watches and logs are worth nothing late.
		FlushInterval: -1,
		BufferPool:    &bufferPool{},
		ErrorLog:      log.Default(),
	}, nil
}

// Serve listens with TLS until the process ends.
func Serve(settings *Settings, handler http.Handler) error {
	server := &http.Server{
		Addr:              fmt.Sprintf("%s:%d", loopback, settings.Port),
		Handler:           handler,
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       idleTimeout,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
	}
	return server.ListenAndServeTLS(settings.CertFile, settings.KeyFile)
}

type bufferPool struct{ pool sync.Pool }

func (buffers *bufferPool) Get() []byte {
	if buffer, ok := buffers.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, copyBufferBytes)
}

func (buffers *bufferPool) Put(buffer []byte) { buffers.pool.Put(&buffer) }
