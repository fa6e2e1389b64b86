// What the HTTP server of Go does not do by itself: a certificate out of nothing, and an upgraded request that ends
// with its connection.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"time"
)

// selfSignedCertificate is enough: a kube-apiserver without --kubelet-certificate-authority checks none.
func selfSignedCertificate() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "kubelet of the tests"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(7 * 24 * time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}, nil
}

// untilDisconnected gives the request a context that ends when its upgraded connection can no longer be read: a
// command whose client has gone is killed, where Go would let it run.
func untilDisconnected(response http.ResponseWriter, request *http.Request) (http.ResponseWriter, *http.Request) {
	ctx, cancel := context.WithCancel(request.Context())
	return hijackWatcher{response, cancel}, request.WithContext(ctx)
}

type hijackWatcher struct {
	http.ResponseWriter
	disconnected context.CancelFunc
}

func (w hijackWatcher) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	connection, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return watchedConnection{connection, w.disconnected}, buffered, nil
}

type watchedConnection struct {
	net.Conn
	disconnected context.CancelFunc
}

func (c watchedConnection) Read(into []byte) (int, error) {
	count, err := c.Conn.Read(into)
	if err != nil {
		c.disconnected()
	}
	return count, err
}
