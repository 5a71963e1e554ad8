// A small service as a subject of conformance on the wire: the batch span processor of the Go SDK
// with its OTLP exporter, over HTTP or gRPC as OTEL_EXPORTER_OTLP_PROTOCOL says.
// GET /work?spans=N ends N spans and says so.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func exporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

func main() {
	ctx := context.Background()
	exp, err := exporter(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exp))
	tracer := provider.Tracer("go-sdk-service")

	mux := http.NewServeMux()
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(r.URL.Query().Get("spans"))
		if err != nil {
			count = 1
		}
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		for i := range count {
			_, span := tracer.Start(ctx, "work")
			span.SetAttributes(attribute.Int("work.index", i))
			if size > 0 {
				span.SetAttributes(attribute.String("work.filler", string(make([]byte, size))))
			}
			span.End()
		}
		w.Header().Set("x-verify-spans-ended", strconv.Itoa(count))
	})
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux}
	go func() { _ = server.ListenAndServe() }()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	_ = provider.Shutdown(ctx)
}
