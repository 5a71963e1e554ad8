// The upstream engine as a peer: answers pairs of record and statement from standard input, or
// measures its throughput (bench SECONDS FILE).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

type request struct {
	ID        int             `json:"id"`
	Context   string          `json:"context"`
	Statement string          `json:"statement"`
	Payload   json.RawMessage `json:"payload"`
}
type answer struct {
	ID     int             `json:"id"`
	Build  string          `json:"build,omitempty"`
	Error  string          `json:"error,omitempty"`
	Fired  bool            `json:"fired"`
	Output json.RawMessage `json:"output,omitempty"`
}

func execute[K any](st *ottl.Statement[K], tc K) (fired bool, msg string) {
	defer func() {
		if r := recover(); r != nil {
			msg = fmt.Sprint("panic: ", r)
		}
	}()
	_, f, err := st.Execute(context.Background(), tc)
	if err != nil {
		return f, err.Error()
	}
	return f, ""
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	set := componenttest.NewNopTelemetrySettings()
	logs, err := ottllog.NewParser(ottlfuncs.StandardFuncs[*ottllog.TransformContext](), set)
	must(err)
	spanFuncs := ottlfuncs.StandardFuncs[*ottlspan.TransformContext]()
	root := ottlfuncs.NewIsRootSpanFactory()
	spanFuncs[root.Name()] = root
	spans, err := ottlspan.NewParser(spanFuncs, set)
	must(err)
	metrics, err := ottlmetric.NewParser(ottlfuncs.StandardFuncs[*ottlmetric.TransformContext](), set)
	must(err)
	points, err := ottldatapoint.NewParser(ottlfuncs.StandardFuncs[*ottldatapoint.TransformContext](), set)
	must(err)
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		bench(logs)
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	dec := json.NewDecoder(in)
	for {
		var r request
		if dec.Decode(&r) != nil {
			return
		}
		a := answer{ID: r.ID}
		switch r.Context {
		case "log":
			st, err := logs.ParseStatement(r.Statement)
			if err != nil {
				a.Build = err.Error()
				break
			}
			p, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(r.Payload)
			must(err)
			rl := p.ResourceLogs().At(0)
			sl := rl.ScopeLogs().At(0)
			tc := ottllog.NewTransformContext(rl, sl, sl.LogRecords().At(0))
			a.Fired, a.Error = execute(st, tc)
			a.Output, err = (&plog.JSONMarshaler{}).MarshalLogs(p)
			must(err)
		case "span":
			st, err := spans.ParseStatement(r.Statement)
			if err != nil {
				a.Build = err.Error()
				break
			}
			p, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(r.Payload)
			must(err)
			rs := p.ResourceSpans().At(0)
			ss := rs.ScopeSpans().At(0)
			tc := ottlspan.NewTransformContext(rs, ss, ss.Spans().At(0))
			a.Fired, a.Error = execute(st, tc)
			a.Output, err = (&ptrace.JSONMarshaler{}).MarshalTraces(p)
			must(err)
		case "metric", "datapoint":
			p, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(r.Payload)
			must(err)
			rm := p.ResourceMetrics().At(0)
			sm := rm.ScopeMetrics().At(0)
			m := sm.Metrics().At(0)
			if r.Context == "metric" {
				st, err := metrics.ParseStatement(r.Statement)
				if err != nil {
					a.Build = err.Error()
					break
				}
				a.Fired, a.Error = execute(st, ottlmetric.NewTransformContext(rm, sm, m))
			} else {
				st, err := points.ParseStatement(r.Statement)
				if err != nil {
					a.Build = err.Error()
					break
				}
				var dp any
				switch m.Type() {
				case pmetric.MetricTypeGauge:
					dp = m.Gauge().DataPoints().At(0)
				case pmetric.MetricTypeSum:
					dp = m.Sum().DataPoints().At(0)
				case pmetric.MetricTypeHistogram:
					dp = m.Histogram().DataPoints().At(0)
				case pmetric.MetricTypeExponentialHistogram:
					dp = m.ExponentialHistogram().DataPoints().At(0)
				default:
					dp = m.Summary().DataPoints().At(0)
				}
				a.Fired, a.Error = execute(st, ottldatapoint.NewTransformContext(rm, sm, m, dp))
			}
			a.Output, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(p)
			must(err)
		}
		must(enc.Encode(a))
	}
}

// bench SECONDS FILE: records per second of the statements on fresh copies of the record.
func bench(logs ottl.Parser[*ottllog.TransformContext]) {
	seconds, err := strconv.ParseFloat(os.Args[2], 64)
	must(err)
	raw, err := os.ReadFile(os.Args[3])
	must(err)
	var spec struct {
		Statements []string        `json:"statements"`
		Payload    json.RawMessage `json:"payload"`
	}
	must(json.Unmarshal(raw, &spec))
	statements, err := logs.ParseStatements(spec.Statements)
	must(err)
	p, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(spec.Payload)
	must(err)
	count := 0
	start := time.Now()
	var busy time.Duration
	for time.Since(start).Seconds() < seconds {
		c := plog.NewLogs()
		p.CopyTo(c)
		rl := c.ResourceLogs().At(0)
		sl := rl.ScopeLogs().At(0)
		from := time.Now()
		for i := 0; i < sl.LogRecords().Len(); i++ {
			tc := ottllog.NewTransformContext(rl, sl, sl.LogRecords().At(i))
			for _, st := range statements {
				_, _, _ = st.Execute(context.Background(), tc)
			}
			tc.Close()
			count++
		}
		busy += time.Since(from)
	}
	fmt.Println(float64(count) / busy.Seconds())
}
