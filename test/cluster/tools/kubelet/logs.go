// Reads a container's log with the kubelet's own reader.
package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	criapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crilogs "k8s.io/cri-client/pkg/logs"
)

func (c container) readLogs(ctx context.Context, file string, options *crilogs.LogOptions, stdout, stderr io.Writer) error {
	return crilogs.ReadLogs(ctx, file, c.name, options, containerRuntime{container: c}, stdout, stderr)
}

func followed() *crilogs.LogOptions {
	return &crilogs.LogOptions{Follow: true}
}

// logOptions reads what kube-apiserver makes of PodLogOptions, and whether the previous container is asked for.
func logOptions(query url.Values) (*crilogs.LogOptions, bool, error) {
	options := &crilogs.LogOptions{Follow: query.Get("follow") == "true", Timestamp: query.Get("timestamps") == "true"}
	number := func(name string) (*int64, error) {
		if !query.Has(name) {
			return nil, nil
		}
		value, err := strconv.ParseInt(query.Get(name), 10, 64)
		return &value, err
	}
	var err error
	if options.TailLines, err = number("tailLines"); err != nil {
		return nil, false, err
	}
	if options.LimitBytes, err = number("limitBytes"); err != nil {
		return nil, false, err
	}
	seconds, err := number("sinceSeconds")
	if err != nil {
		return nil, false, err
	}
	if seconds != nil {
		options.Since = time.Now().Add(-time.Duration(*seconds) * time.Second)
	}
	if since := query.Get("sinceTime"); since != "" {
		if options.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return nil, false, err
		}
	}
	return options, query.Get("previous") == "true", nil
}

// containerRuntime answers the one question that a follower of a log asks: does the container still run?
type containerRuntime struct {
	criapi.RuntimeService
	container container
}

func (r containerRuntime) ContainerStatus(context.Context, string, bool) (*runtimeapi.ContainerStatusResponse, error) {
	state := runtimeapi.ContainerState_CONTAINER_RUNNING
	if r.container.hasExited() {
		state = runtimeapi.ContainerState_CONTAINER_EXITED
	}
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{State: state}}, nil
}

// flushing sends every line when it is written.
type flushing struct {
	http.ResponseWriter
	controller *http.ResponseController
}

func (f flushing) Write(line []byte) (int, error) {
	count, err := f.ResponseWriter.Write(line)
	if err != nil {
		return count, err
	}
	return count, f.controller.Flush()
}
