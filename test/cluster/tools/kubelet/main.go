// The kubelet's half of exec, attach, logs and port-forward for pods that kwok keeps: its streaming protocols are the
// real kubelet's own packages, its containers are local commands, files and ports. kwok v0.8.0 serves the same, but
// loses exit codes, never closes a command's standard input, and passes no half-close on.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const (
	// The kubelet's own defaults.
	idleTimeout           = 4 * time.Hour
	streamCreationTimeout = 30 * time.Second
)

// node holds everything of a container under directory/<namespace>/<pod>.
type node struct {
	directory string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "terminal" {
		os.Exit(runTerminal(os.Args[2:]))
	}
	address := flag.String("address", "127.0.0.1:0", "host:port to serve on; the log tells the port that 0 became")
	directory := flag.String("directory", "", "folder of <namespace>/<pod>/<container>.log; commands run in the pod's folder")
	flag.Parse()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	certificate, err := selfSignedCertificate()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Handler:   (&node{directory: *directory}).routes(),
		TLSConfig: certificate,
		// Whatever still runs ends with the node.
		BaseContext: func(net.Listener) context.Context { return stop },
	}
	go func() {
		<-stop.Done()
		_ = server.Close()
	}()
	log.Printf("serving on %s", listener.Addr())
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	commands.Wait()
}

// commands counts what runs, so that none is left behind.
var commands sync.WaitGroup

func (n *node) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", n.serveExec)
	routes.HandleFunc("/attach/{namespace}/{pod}/{container}", n.serveAttach)
	routes.HandleFunc("/portForward/{namespace}/{pod}", n.servePortForward)
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.serveLogs)
	return routes
}

func (n *node) containerOf(request *http.Request) container {
	return container{
		directory: filepath.Join(n.directory, request.PathValue("namespace"), request.PathValue("pod")),
		namespace: request.PathValue("namespace"),
		pod:       request.PathValue("pod"),
		name:      request.PathValue("container"),
	}
}

func (n *node) serveExec(response http.ResponseWriter, request *http.Request) {
	options, err := remotecommand.NewOptions(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	target := n.containerOf(request)
	watched, request := untilDisconnected(response, request)
	remotecommand.ServeExec(watched, request, target, target.pod, "", target.name, request.URL.Query()["command"],
		options, idleTimeout, streamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func (n *node) serveAttach(response http.ResponseWriter, request *http.Request) {
	options, err := remotecommand.NewOptions(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	target := n.containerOf(request)
	watched, request := untilDisconnected(response, request)
	remotecommand.ServeAttach(watched, request, target, target.pod, "", target.name,
		options, idleTimeout, streamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func (n *node) servePortForward(response http.ResponseWriter, request *http.Request) {
	options, err := portforward.NewV4Options(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(response, request, localPorts{}, request.PathValue("pod"), "", options,
		idleTimeout, streamCreationTimeout, portforward.SupportedProtocols)
}

func (n *node) serveLogs(response http.ResponseWriter, request *http.Request) {
	options, previous, err := logOptions(request.URL.Query())
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	target := n.containerOf(request)
	file := target.logFile(previous)
	if _, err := os.Stat(file); err != nil {
		http.Error(response, target.missingLog(previous), http.StatusBadRequest)
		return
	}
	// As the kubelet does: a follower sees that it is followed before the first line is written.
	response.Header().Set("Content-Type", "text/plain")
	output := flushing{response, http.NewResponseController(response)}
	_ = output.controller.Flush()
	if err := target.readLogs(request.Context(), file, options, output, output); err != nil {
		log.Printf("logs of %s/%s: %v", target.namespace, target.pod, err)
	}
}
