// Package metrics names what the transform processor keeps to itself. It takes the place of that
// package's own list while the peer is built, because that list needs modules that are not served
// everywhere; the functions themselves are upstream's.
package metrics

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
)

// OfMetrics are the functions of the metric context.
func OfMetrics() map[string]ottl.Factory[*ottlmetric.TransformContext] {
	return ottl.CreateFactoryMap(
		newAggregateOnAttributeValueFactory(),
		newAggregateOnAttributesFactory(),
		newConvertGaugeToSumFactory(),
		newConvertSumToGaugeFactory(),
		newConvertSummaryQuantileValToGaugeFactory(),
		newCopyMetricFactory(),
		newExtractAvgMetricFactory(),
		newExtractCountMetricFactory(),
		newExtractPercentileMetricFactory(),
		newExtractSumMetricFactory(),
		newScaleMetricFactory(),
	)
}

// OfDataPoints are the functions of the datapoint context.
func OfDataPoints() map[string]ottl.Factory[*ottldatapoint.TransformContext] {
	return ottl.CreateFactoryMap(
		newConvertSummaryCountValToSumFactory(),
		newConvertSummarySumValToSumFactory(),
		newMergeHistogramBucketsFactory(),
	)
}
