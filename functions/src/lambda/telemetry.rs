//! Log lines and metrics of a process.
//!
//! On Lambda the log line of a request also carries its metrics, in CloudWatch's embedded metric
//! format (EMF). A second line for them would double the cost of the log.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use shared::{ANSWERED, Clock};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// Logs the place of every panic. Its message stays out of the log, because it may quote a secret.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}

/// Starts a log of JSON lines, in which lines of requests carry the metrics of this operation.
///
/// Panics if the process has a log already.
pub fn log_as_on_lambda<W>(operation: &str, deployment: &str, writer: W)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .flatten_event(true)
        .with_current_span(true)
        .with_target(false)
        .with_writer(writer)
        .map_event_format(|json| LineFormat {
            json,
            members: members(operation, deployment),
            is_cold: AtomicBool::new(true),
        })
        .init();
}

/// Returns the JSON members that are the same in all lines, up to the timestamp.
///
/// Every combination of dimensions is a metric that costs money. So there are few, and no value that
/// a caller chooses is a dimension.
fn members(operation: &str, deployment: &str) -> String {
    let directive = |dimensions: &[&str], name, unit| {
        json!({
            "Namespace": "Countersign",
            "Dimensions": [dimensions],
            "Metrics": [{"Name": name, "Unit": unit}],
        })
    };
    let by_code = ["Deployment", "Operation", "Code"];
    let metrics = [
        directive(&by_code, "Requests", "Count"),
        directive(&by_code[..2], "Duration", "Milliseconds"),
        directive(&by_code[..1], "AuthenticationFailures", "Count"),
    ];
    let (deployment, operation) = (json!(deployment), json!(operation));
    let metrics = json!(metrics);
    format!(
        r#""Deployment":{deployment},"Operation":{operation},"_aws":{{"CloudWatchMetrics":{metrics},"Timestamp":"#
    )
}

/// A format of JSON lines, with metrics in the lines of requests.
struct LineFormat {
    json: Format<Json>,
    members: String,
    /// Whether the process has answered no request yet.
    is_cold: AtomicBool,
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        cx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() != ANSWERED {
            return self.json.format_event(cx, writer, event);
        }
        let mut line = String::with_capacity(1024);
        self.json.format_event(cx, Writer::new(&mut line), event)?;
        let Some(open) = line.trim_end().strip_suffix('}') else {
            return writer.write_str(&line);
        };
        let Measurements {
            code,
            milliseconds,
            failures,
        } = Measurements::of(event);
        let cold = if self.is_cold.swap(false, Ordering::Relaxed) {
            r#","cold_start":true"#
        } else {
            ""
        };
        let (members, now) = (&self.members, Clock::System.now().millis());
        writeln!(
            writer,
            r#"{open}{cold},"Code":"{code}","Requests":1,"Duration":{milliseconds},"AuthenticationFailures":{failures},{members}{now}}}}}"#
        )
    }
}

/// The measured values of a request's line.
#[derive(Default)]
struct Measurements {
    code: u64,
    milliseconds: f64,
    failures: u8,
}

impl Measurements {
    fn of(event: &Event<'_>) -> Self {
        let mut measurements = Self::default();
        event.record(&mut measurements);
        measurements
    }
}

impl Visit for Measurements {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "code" {
            self.code = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "milliseconds" {
            self.milliseconds = value;
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "authentication_failure" {
            self.failures = value.into();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
