//! Values that are read when somebody asks, in the form of the exposition.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use tidings_delivery::Histogram;

/// The labels of a value.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A metric with its values.
#[derive(Debug)]
pub(super) struct Reading {
    name: &'static str,
    help: &'static str,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Counters(Vec<(Labels, u64)>),
    Gauges(Vec<(Labels, f64)>),
    /// A counter of time.
    Seconds(f64),
    Histogram(Histogram),
}

impl Reading {
    pub(super) const fn counters(name: &'static str, help: &'static str, values: Vec<(Labels, u64)>) -> Self {
        Self {
            name,
            help,
            values: Values::Counters(values),
        }
    }

    pub(super) const fn gauges(name: &'static str, help: &'static str, values: Vec<(Labels, f64)>) -> Self {
        Self {
            name,
            help,
            values: Values::Gauges(values),
        }
    }

    pub(super) fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::counters(name, help, vec![(Vec::new(), value)])
    }

    pub(super) fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self::gauges(name, help, vec![(Vec::new(), value)])
    }

    /// A counter of time, whose name says that it is in seconds.
    pub(super) const fn seconds(name: &'static str, help: &'static str, value: f64) -> Self {
        Self {
            name,
            help,
            values: Values::Seconds(value),
        }
    }

    pub(super) const fn histogram(name: &'static str, help: &'static str, values: Histogram) -> Self {
        Self {
            name,
            help,
            values: Values::Histogram(values),
        }
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metric_type = match self.values {
            Values::Counters(_) | Values::Seconds(_) => MetricType::Counter,
            Values::Gauges(_) => MetricType::Gauge,
            Values::Histogram(_) => MetricType::Histogram,
        };
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, metric_type)?;
        match &self.values {
            Values::Counters(values) => encode_all(values, metric, |value| ConstCounter::new(*value)),
            Values::Gauges(values) => encode_all(values, metric, |value| ConstGauge::new(*value)),
            Values::Seconds(value) => ConstCounter::new(*value).encode(metric),
            Values::Histogram(histogram) => {
                let bound = |bound: Option<Duration>| bound.map_or(f64::INFINITY, |at| at.as_secs_f64());
                let classes: Vec<(f64, u64)> = histogram
                    .classes()
                    .map(|(at, count)| (bound(at), count))
                    .collect();
                let sum = histogram.sum().as_secs_f64();
                metric.encode_histogram::<NoLabelSet>(sum, histogram.count(), &classes, None)
            }
        }
    }
}

fn encode_all<V, M: EncodeMetric>(
    values: &[(Labels, V)],
    mut metric: MetricEncoder<'_>,
    new: impl Fn(&V) -> M,
) -> fmt::Result {
    if let [(labels, value)] = values
        && labels.is_empty()
    {
        return new(value).encode(metric);
    }
    values
        .iter()
        .try_for_each(|(labels, value)| new(value).encode(metric.encode_family(labels)?))
}

/// All that was read at one time.
#[derive(Debug)]
pub(super) struct Readings(pub(super) Vec<Reading>);

impl Collector for Readings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|reading| reading.encode(&mut encoder))
    }
}
