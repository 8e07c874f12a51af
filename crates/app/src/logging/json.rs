//! A line of the log as a JSON object.
//!
//! Each request leaves one, so it is put together in one pass: tracing-subscriber's own parses the
//! fields of the span anew for every line (docs/PERFORMANCE.md).

use std::fmt::{self, Debug};

use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes `{"timestamp", "level", …the event's own fields…, "target", "span": {…}}`. The fields of
/// a span must be [`JsonMembers`].
pub(super) struct JsonLines;

/// Writes fields as members of an object, each with the comma before it.
pub(super) struct JsonMembers;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // What comes by way of the crate `log` has its origin among its fields.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        writer.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, r#"","level":"{}""#, metadata.level())?;

        let mut line = Line::default();
        event.record(&mut line);
        line.add("target", metadata.target());
        writer.write_str(line.text())?;
        if let Some(span) = context.lookup_current() {
            write_span::<S, N>(&mut writer, &span)?;
        }
        writer.write_str("}\n")
    }
}

fn write_span<S, N>(
    writer: &mut Writer<'_>,
    span: &tracing_subscriber::registry::SpanRef<'_, S>,
) -> fmt::Result
where
    S: for<'a> LookupSpan<'a>,
    N: 'static,
{
    let extensions = span.extensions();
    let fields = extensions.get::<FormattedFields<N>>();
    let members = fields.map_or("", |fields| fields.fields.as_str());
    write!(writer, r#","span":{{"name":"{}"{members}}}"#, span.name())
}

impl<'writer> FormatFields<'writer> for JsonMembers {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut line = Line::default();
        fields.record(&mut line);
        writer.write_str(line.text())
    }
}

/// Members of an object, each with the comma before it.
struct Line(Vec<u8>);

/// About what the fields of a line take.
const ROOM: usize = 256;

impl Default for Line {
    fn default() -> Self {
        Self(Vec::with_capacity(ROOM))
    }
}

impl Line {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.0.push(b',');
        // A string is always written; what cannot be is written as nothing that breaks the line.
        let _name = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        if serde_json::to_writer(&mut self.0, value).is_err() {
            self.0.extend_from_slice(b"null");
        }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !field.name().starts_with("log.") {
            self.add(field.name().trim_start_matches("r#"), &format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !field.name().starts_with("log.") {
            self.add(field.name(), value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() != "log.line" {
            self.add(field.name(), &value);
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing::subscriber::with_default;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The one line that is logged, without its time.
    fn logged(log: impl FnOnce()) -> Value {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonMembers)
            .event_format(JsonLines)
            .with_writer(move || writer.clone())
            .finish();
        with_default(subscriber, log);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        assert!(line["timestamp"].take().as_str().unwrap().ends_with('Z'));
        line
    }

    #[test]
    fn a_line_has_the_fields_of_its_event_and_its_span() {
        let line = logged(|| {
            let span = tracing::info_span!("request", id = "a-1", method = %"GET");
            span.in_scope(|| tracing::warn!(status = 503, slow = true, "answered"));
        });
        let expected = json!({
            "timestamp": null, "level": "WARN", "message": "answered", "status": 503, "slow": true,
            "target": module_path!(), "span": {"id": "a-1", "method": "GET", "name": "request"},
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn what_a_span_learns_later_stands_beside_what_it_knew() {
        let line = logged(|| {
            let empty = tracing::field::Empty;
            let span = tracing::info_span!("request", early = 1, late = empty, later = empty);
            span.record("late", 2).record("later", "three");
            span.in_scope(|| tracing::info!("answered"));
        });
        let expected = json!({"early": 1, "late": 2, "later": "three", "name": "request"});
        assert_eq!(line["span"], expected);
        let line = logged(|| {
            let span = tracing::info_span!("request", late = tracing::field::Empty);
            span.record("late", 2);
            span.in_scope(|| tracing::info!("answered"));
        });
        assert_eq!(line["span"], json!({"late": 2, "name": "request"}));
    }

    #[test]
    fn a_line_outside_of_spans_has_none() {
        let line = logged(|| tracing::error!("alone"));
        assert!(line.get("span").is_none(), "{line}");
    }

    /// T43
    #[test]
    fn whatever_is_logged_stays_in_its_own_string() {
        let evil = "\"}\n{\"level\":\"ERROR\", \u{1b}[31m \0 \u{2028}";
        let line = logged(|| {
            let span = tracing::info_span!("request", id = evil, empty = tracing::field::Empty);
            span.in_scope(|| tracing::info!(cause = evil, shown = %evil, "{evil}"));
        });
        assert_eq!(line["cause"], evil);
        assert_eq!(line["shown"], evil);
        assert_eq!(line["message"], evil);
        assert_eq!(line["span"]["id"], evil);
    }
}
