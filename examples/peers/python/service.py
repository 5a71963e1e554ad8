"""A small service as a subject of conformance on the wire: the batch span processor of the Python
SDK with its OTLP exporter, over HTTP or gRPC as OTEL_EXPORTER_OTLP_PROTOCOL says.
GET /work?spans=N ends N spans and says so."""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("python-service")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlparse(self.path)
        query = parse_qs(url.query)
        headers = {}
        if url.path != "/ready":
            count = int(query.get("spans", ["1"])[0])
            size = int(query.get("size", ["0"])[0])
            for index in range(count):
                span = tracer.start_span("work", attributes={"work.index": index})
                if size > 0:
                    span.set_attribute("work.filler", "x" * size)
                span.end()
            headers["x-verify-spans-ended"] = str(count)
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
while not stop.wait(1):
    pass
provider.shutdown()
sys.exit(0)
