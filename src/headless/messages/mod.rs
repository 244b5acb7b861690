//! Reads messages from lines, JSON lines and the output of kubectl.
//!
//! The first line tells the format. Each format is read as a stream: one message, or one object of a list, is
//! held at a time. `Normal` events are left out.

mod description;
mod document;
mod lines;

use std::io::{self, BufRead, Read as _};

use self::lines::{LineRead, MessageResult, read_line};

/// Passes each message of the input to `emit`.
pub(super) fn for_each_message(
    mut input: impl BufRead,
    mut emit: impl FnMut(MessageResult<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    let line_read = read_line(&mut input, &mut line)?;
    let form = match line_read {
        LineRead::Eof => return Ok(()),
        // A list in one line, as the API server itself writes it.
        LineRead::Truncated if line.trim_ascii_start().starts_with(b"{") => InputFormat::Json,
        LineRead::Truncated => InputFormat::Lines,
        LineRead::Complete => InputFormat::detect(&String::from_utf8_lossy(&line)),
    };
    match form {
        InputFormat::Json => document::read(line.as_slice().chain(input), &mut emit),
        InputFormat::Describe => description::read(line.as_slice().chain(input), &mut emit),
        InputFormat::EventTable => {
            lines::read(input, &mut |found: MessageResult<'_>| match found {
                Ok(row) if is_normal_event(row) => Ok(()),
                found => emit(found),
            })
        }
        InputFormat::Lines => lines::read(line.as_slice().chain(input), &mut emit),
    }
}

/// Format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputFormat {
    Lines,
    /// `kubectl get events`: a heading above lines.
    EventTable,
    /// `kubectl get … -o json`, which kubectl prints over many lines.
    Json,
    /// `kubectl describe`.
    Describe,
}

impl InputFormat {
    fn detect(first: &str) -> Self {
        let heading: Vec<&str> = first.split_whitespace().collect();
        if first.trim() == "{" {
            Self::Json
        } else if first.starts_with("Name:  ") {
            Self::Describe
        } else if EVENT_COLUMNS.iter().all(|column| heading.contains(column)) {
            Self::EventTable
        } else {
            Self::Lines
        }
    }
}

/// Columns that every table of events has.
const EVENT_COLUMNS: [&str; 4] = ["TYPE", "REASON", "OBJECT", "MESSAGE"];

/// Whether a row of a table is a `Normal` event. Namespace and age stand before the type, and are neither word.
fn is_normal_event(row: &str) -> bool {
    let mut words = row.split_whitespace();
    words.find(|word| matches!(*word, "Normal" | "Warning")) == Some("Normal")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        lines::{LINE_TOO_LONG, MAX_LINE_BYTES},
        *,
    };

    fn found(input: &str) -> Vec<Result<String, String>> {
        let mut all = Vec::new();
        for_each_message(input.as_bytes(), |found| {
            all.push(found.map(str::to_owned).map_err(str::to_owned));
            Ok(())
        })
        .unwrap();
        all
    }

    fn messages(input: &str) -> Vec<String> {
        found(input).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn events_and_pods_as_kubectl_prints_them_in_json() {
        let pod = json!({"status": {
            "containerStatuses": [
                {"state": {"waiting": {"reason": "ErrImagePull", "message": "second"}}},
                {"state": {"running": {}}},
            ],
            "initContainerStatuses": [{"state": {"waiting": {"message": "first"}}}],
        }});
        let list = json!({"kind": "List", "items": [{"type": "Normal", "message": "Pulling"}, {"message": "event"}, pod], "metadata": {}});
        let pretty = serde_json::to_string_pretty(&list).unwrap();
        assert_eq!(messages(&pretty), ["event", "first", "second"]);
        for (event, expected) in [
            (
                json!({"reason": "Failed", "message": "alone"}),
                &["alone"][..],
            ),
            (json!({"message": "Pulling", "type": "Normal"}), &[]),
            // events.k8s.io/v1.
            (
                json!({"note": "noted", "reason": "Failed", "type": "Warning"}),
                &["noted"],
            ),
            (
                json!({"items": [{"note": "noted"}, {"note": "Pulling", "type": "Normal"}, {"note": 1}]}),
                &["noted"],
            ),
            (
                json!({"kind": "Status", "message": "no right", "status": "Failure"}),
                &["no right"],
            ),
        ] {
            let pretty = serde_json::to_string_pretty(&event).unwrap();
            assert_eq!(messages(&pretty), expected);
        }
    }

    #[test]
    fn lists_in_one_line_and_one_object_behind_the_other() {
        let list = json!({"apiVersion": "v1", "items": [{"message": "one"}, {"message": "two"}]});
        assert_eq!(messages(&format!("{list}\n")), ["one", "two"]);
        let event = json!({"apiVersion": "v1", "message": "Pulling", "type": "Normal"});
        assert!(messages(&format!("{event}\n")).is_empty());
        let pretty = serde_json::to_string_pretty(&json!({"message": "again"})).unwrap();
        let watched = format!("{pretty}\n{pretty}\n");
        assert_eq!(messages(&watched), ["again", "again"]);
    }

    #[test]
    fn what_is_too_long_is_said_and_the_rest_answered() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        let text = format!("first\n{long}\nlast\n");
        let all = found(&text);
        assert_eq!(
            all,
            [
                Ok("first".to_owned()),
                Err(LINE_TOO_LONG.to_owned()),
                Ok("last".to_owned())
            ]
        );
        let pretty = format!("{{\n\"message\": \"{long}\"}}");
        assert_eq!(found(&pretty), [Err("object larger than 4 MiB".into())]);
    }

    #[test]
    fn a_document_that_breaks_off_is_said_after_what_it_held() {
        let text = "{\n\"items\": [{\"message\": \"one\"},\n {\"mess";
        let all = found(text);
        assert_eq!(all[0], Ok("one".to_owned()));
        assert_eq!(all[1], Err("invalid JSON at line 3, column 7".to_owned()));
    }

    #[test]
    fn the_warnings_of_a_description() {
        let text = "Name:             web-1\nNamespace:        shop\nContainers:\n  app:\n    Image:  a/b\nEvents:\n  \
            Type     Reason   Age   From     Message\n  ----     ------   ----  ----     -------\n  \
            Normal   Pulling  2m    kubelet  Pulling image \"a/b\"\n  \
            Warning  Failed   2m    kubelet  Failed to pull image \"a/b\": no\nsecond line: it goes on\n  \
            Normal   BackOff  1m    kubelet  Back-off pulling image \"a/b\"\n\n\n\
            Name:             web-2\nEvents:\n  Warning  Failed   2m    kubelet  last\n";
        assert_eq!(
            messages(text),
            [
                "Warning  Failed   2m    kubelet  Failed to pull image \"a/b\": no\nsecond line: it goes on",
                "Warning  Failed   2m    kubelet  last",
            ]
        );
    }

    #[test]
    fn of_a_table_the_rows_that_tell_of_a_failure() {
        for heading in [
            "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE",
            "LAST SEEN   TYPE   REASON   OBJECT   SUBOBJECT   SOURCE   MESSAGE   FIRST SEEN   COUNT   NAME",
        ] {
            let table = format!(
                "{heading}\n2m   Normal    Pulling  pod/web  a Warning\n2m   Warning   Failed   pod/web   no\n"
            );
            assert_eq!(messages(&table), ["2m   Warning   Failed   pod/web   no"]);
        }
    }

    #[test]
    fn what_looks_like_json_and_is_none_is_a_message() {
        for line in ["{", "{\"a\":", "{\"a\": 1}", "{}"] {
            let text = format!("first\n{line}\n");
            assert_eq!(messages(&text), ["first", line]);
        }
    }
}
