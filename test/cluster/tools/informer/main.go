// Watches the ConfigMaps of a namespace as controllers do: with client-go's shared informer. What it sees and every
// request that it begins is a line of JSON on stdout, for the suite to read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// line is one line on stdout; type is one of synced, add, update, delete, list, watch, error.
type line struct {
	Type            string `json:"type"`
	Name            string `json:"name,omitempty"`
	ResourceVersion string `json:"resourceVersion,omitempty"`
	// TimeoutSeconds is what a watch asked the server for.
	TimeoutSeconds *int64 `json:"timeoutSeconds,omitempty"`
	Message        string `json:"message,omitempty"`
}

// printer keeps the lines of several goroutines apart.
type printer struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

func (p *printer) print(l line) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	// With nobody left to read, there is nobody to tell either.
	_ = p.encoder.Encode(l)
}

type settings struct {
	kubeconfig   string
	namespace    string
	watchSeconds int64
	duration     time.Duration
}

func main() {
	var s settings
	flag.StringVar(&s.kubeconfig, "kubeconfig", "", "the kubeconfig file")
	flag.StringVar(&s.namespace, "namespace", "default", "the namespace whose ConfigMaps are watched")
	flag.Int64Var(&s.watchSeconds, "watch-seconds", 0, "renew each watch after this long; 0 leaves it to client-go")
	flag.DurationVar(&s.duration, "for", 0, "end after this long; 0 means at SIGTERM or the end of stdin")
	flag.Parse()
	if err := run(s, &printer{encoder: json.NewEncoder(os.Stdout)}); err != nil {
		fmt.Fprintf(os.Stderr, "informer: %v\n", err)
		os.Exit(1)
	}
}

func run(s settings, out *printer) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, cancel := untilTheEnd(s.duration)
	defer cancel()

	informer := cache.NewSharedInformer(listWatch(client, s, out), &corev1.ConfigMap{}, 0)
	if err := informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, r *cache.Reflector, err error) {
		// A watch that the server ended at its timeout comes as EOF: the ordinary renewal, not an error.
		if !errors.Is(err, io.EOF) {
			out.print(line{Type: "error", Message: err.Error()})
		}
		cache.DefaultWatchErrorHandler(ctx, r, err)
	}); err != nil {
		return err
	}
	if _, err := informer.AddEventHandler(handlers(out)); err != nil {
		return err
	}

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		informer.RunWithContext(ctx)
	}()
	if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		out.print(line{Type: "synced"})
	}
	<-ended
	return nil
}

// untilTheEnd ends after the duration, or, without one, at SIGTERM, SIGINT or the end of stdin: a test that died
// leaves no informer behind.
func untilTheEnd(duration time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	if duration > 0 {
		return context.WithTimeout(ctx, duration)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return ctx, stop
}

// listWatch is the typed client's, and tells of every request before it goes out.
func listWatch(client kubernetes.Interface, s settings, out *printer) *cache.ListWatch {
	configMaps := client.CoreV1().ConfigMaps(s.namespace)
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			out.print(line{Type: "list", ResourceVersion: options.ResourceVersion})
			return configMaps.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			if s.watchSeconds > 0 {
				options.TimeoutSeconds = &s.watchSeconds
			}
			out.print(line{
				Type:            "watch",
				ResourceVersion: options.ResourceVersion,
				TimeoutSeconds:  options.TimeoutSeconds,
			})
			return configMaps.Watch(ctx, options)
		},
	}
}

func handlers(out *printer) cache.ResourceEventHandler {
	tell := func(kind string, object any) {
		// A delete that was missed while the watch was down arrives wrapped.
		if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = unknown.Obj
		}
		if configMap, ok := object.(*corev1.ConfigMap); ok {
			out.print(line{Type: kind, Name: configMap.Name, ResourceVersion: configMap.ResourceVersion})
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("add", object) },
		UpdateFunc: func(_, object any) { tell("update", object) },
		DeleteFunc: func(object any) { tell("delete", object) },
	}
}
