// The upstream engine as a peer: answers pairs of record and statement from standard input, or
// measures its throughput (bench SECONDS FILE).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strconv"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlexemplar"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlscope"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor/internal/logparsingfuncs"
	metricfuncs "github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor/internal/metrics"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor/internal/traces"
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
	logFuncs := ottl.CreateFactoryMap(
		logparsingfuncs.NewParseCEFFactory(),
		logparsingfuncs.NewParseCLFFactory(),
		logparsingfuncs.NewParseELFFactory(),
		logparsingfuncs.NewParseLEEFFactory(),
	)
	maps.Copy(logFuncs, ottlfuncs.StandardFuncs[*ottllog.TransformContext]())
	logs, err := ottllog.NewParser(logFuncs, set)
	must(err)
	spanFuncs := ottl.CreateFactoryMap(
		ottlfuncs.NewIsRootSpanFactory(),
		traces.NewSetSemconvSpanNameFactory(),
	)
	maps.Copy(spanFuncs, ottlfuncs.StandardFuncs[*ottlspan.TransformContext]())
	spans, err := ottlspan.NewParser(spanFuncs, set)
	must(err)
	events, err := ottlspanevent.NewParser(ottlfuncs.StandardFuncs[*ottlspanevent.TransformContext](), set)
	must(err)
	metricFuncs := metricfuncs.OfMetrics()
	maps.Copy(metricFuncs, ottlfuncs.StandardFuncs[*ottlmetric.TransformContext]())
	metrics, err := ottlmetric.NewParser(metricFuncs, set)
	must(err)
	pointFuncs := metricfuncs.OfDataPoints()
	maps.Copy(pointFuncs, ottlfuncs.StandardFuncs[*ottldatapoint.TransformContext]())
	points, err := ottldatapoint.NewParser(pointFuncs, set)
	must(err)
	exemplarParser, err := ottlexemplar.NewParser(ottlfuncs.StandardFuncs[*ottlexemplar.TransformContext](), set)
	must(err)
	resources, err := ottlresource.NewParser(ottlfuncs.StandardFuncs[*ottlresource.TransformContext](), set)
	must(err)
	scopes, err := ottlscope.NewParser(ottlfuncs.StandardFuncs[*ottlscope.TransformContext](), set)
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
		case "resource", "scope", "log":
			p, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(r.Payload)
			must(err)
			rl := p.ResourceLogs().At(0)
			sl := rl.ScopeLogs().At(0)
			switch r.Context {
			case "resource":
				answered(&a, resources, r.Statement, ottlresource.NewTransformContext(rl.Resource(), rl))
			case "scope":
				answered(&a, scopes, r.Statement, ottlscope.NewTransformContext(sl.Scope(), rl.Resource(), sl, rl))
			default:
				answered(&a, logs, r.Statement, ottllog.NewTransformContext(rl, sl, sl.LogRecords().At(0)))
			}
			a.Output, err = (&plog.JSONMarshaler{}).MarshalLogs(p)
			must(err)
		case "span", "spanevent":
			p, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(r.Payload)
			must(err)
			rs := p.ResourceSpans().At(0)
			ss := rs.ScopeSpans().At(0)
			span := ss.Spans().At(0)
			if r.Context == "span" {
				answered(&a, spans, r.Statement, ottlspan.NewTransformContext(rs, ss, span))
			} else {
				answered(&a, events, r.Statement, ottlspanevent.NewTransformContext(rs, ss, span, span.Events().At(0), ottlspanevent.WithEventIndex(0)))
			}
			a.Output, err = (&ptrace.JSONMarshaler{}).MarshalTraces(p)
			must(err)
		case "metric", "datapoint", "exemplar":
			p, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(r.Payload)
			must(err)
			rm := p.ResourceMetrics().At(0)
			sm := rm.ScopeMetrics().At(0)
			m := sm.Metrics().At(0)
			switch r.Context {
			case "metric":
				answered(&a, metrics, r.Statement, ottlmetric.NewTransformContext(rm, sm, m))
			case "datapoint":
				dp, _ := firstPoint(m)
				answered(&a, points, r.Statement, ottldatapoint.NewTransformContext(rm, sm, m, dp))
			default:
				dp, exemplars := firstPoint(m)
				answered(&a, exemplarParser, r.Statement, ottlexemplar.NewTransformContext(rm, sm, m, dp, exemplars.At(0)))
			}
			a.Output, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(p)
			must(err)
		}
		must(enc.Encode(a))
	}
}

// answered parses and runs one statement; a statement that is refused has no outcome.
func answered[K any](a *answer, parser ottl.Parser[K], statement string, tc K) {
	st, err := parser.ParseStatement(statement)
	if err != nil {
		a.Build = err.Error()
		return
	}
	a.Fired, a.Error = execute(st, tc)
}

func firstPoint(m pmetric.Metric) (any, pmetric.ExemplarSlice) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		dp := m.Gauge().DataPoints().At(0)
		return dp, dp.Exemplars()
	case pmetric.MetricTypeSum:
		dp := m.Sum().DataPoints().At(0)
		return dp, dp.Exemplars()
	case pmetric.MetricTypeHistogram:
		dp := m.Histogram().DataPoints().At(0)
		return dp, dp.Exemplars()
	case pmetric.MetricTypeExponentialHistogram:
		dp := m.ExponentialHistogram().DataPoints().At(0)
		return dp, dp.Exemplars()
	default:
		return m.Summary().DataPoints().At(0), pmetric.NewExemplarSlice()
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
