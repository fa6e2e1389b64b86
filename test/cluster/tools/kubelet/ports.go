// A pod's ports are the ports of 127.0.0.1.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
)

type localPorts struct{}

// PortForward passes the end of each direction on by itself, as TCP does, and any failure on to both.
func (localPorts) PortForward(ctx context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	var dialer net.Dialer
	dialled, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return fmt.Errorf("failed to connect to localhost:%d inside the pod: %w", port, err)
	}
	defer dialled.Close()
	connection, ok := dialled.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("%T is no TCP connection", dialled)
	}

	upward, downward := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := io.Copy(connection, stream)
		_ = connection.CloseWrite()
		upward <- err
	}()
	go func() {
		_, err := io.Copy(stream, connection)
		// Half of the stream: SPDY streams close like TCP.
		_ = stream.Close()
		downward <- err
	}()
	for waiting := 2; waiting > 0; waiting-- {
		select {
		case err = <-upward:
		case err = <-downward:
		}
		if err != nil {
			return err
		}
	}
	return nil
}
