//! `pullscope explain`: classifies pull error messages, offline.
//!
//! They come from the arguments, or one by one from `messages`.

use std::{
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

use super::{
    Exit, OutputFormat,
    console::{Console, Tone},
    exit_after_write, json, messages,
    report::{Explanation, write_error},
};
use crate::domain::diagnostics::{Cause, classify::classify};

/// The error of an input without a byte.
const EMPTY_INPUT: &str =
    "no message: give one as argument, or pipe in the output of kubectl get events";

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Message to classify. Without it, or with -, messages are read from standard input: one per line,
    /// JSON lines with a field "message", or the output of `kubectl get events -o json`,
    /// `kubectl get pods -o json` or `kubectl describe`
    pub message: Option<String>,
    /// Output format; JSON is one object per message
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Time in which the rest of the input is still read for the exit status after the output was closed.
const DRAIN_AFTER_CLOSE: Duration = Duration::from_secs(2);

/// Explains the message given as arguments, or those on standard input.
pub fn run(
    args: &Args,
    stdin: impl BufRead,
    console: Console,
    stdout: impl Write,
) -> io::Result<Exit> {
    let mut answer = Explainer {
        output: args.output,
        console,
        stdout: io::BufWriter::new(stdout),
        exit: Exit::Success,
        pipe_closed_at: None,
    };
    let written = match args.message.as_deref() {
        Some(message) if message != "-" => answer.explain(message),
        Some(_) | None => answer.explain_all(stdin),
    };
    exit_after_write(written, answer.exit)
}

/// Writes explanations, and keeps the exit status.
struct Explainer<W: Write> {
    output: OutputFormat,
    console: Console,
    stdout: io::BufWriter<W>,
    /// The worst status so far.
    exit: Exit,
    /// When the output was closed (`| head -1`). The status is still that of the whole input.
    pipe_closed_at: Option<Instant>,
}

impl<W: Write> Explainer<W> {
    fn explain_all(&mut self, mut stdin: impl BufRead) -> io::Result<()> {
        if stdin.fill_buf()?.is_empty() {
            return self.write_bad_input(EMPTY_INPUT);
        }
        let mut answered = false;
        messages::for_each_message(stdin, |found| {
            answered = true;
            match found {
                Ok(message) => self.explain(message),
                Err(error) => self.write_bad_input(error),
            }
        })?;
        if answered {
            return Ok(());
        }
        self.write_no_messages()
    }

    /// Says that the input has no message: Pods that run have none.
    fn write_no_messages(&mut self) -> io::Result<()> {
        self.write_flushed(|answer| {
            if answer.output == OutputFormat::Text {
                let line = "nothing to explain: the input has no message";
                writeln!(answer.stdout, "{}", answer.console.paint(Tone::Dim, line))?;
            }
            Ok(())
        })
    }

    fn explain(&mut self, message: &str) -> io::Result<()> {
        let found = classify(message);
        self.exit = self.exit.worse(match found.cause {
            Some(cause) if cause != Cause::NotAPullFailure => Exit::Success,
            Some(_) | None => Exit::Negative,
        });
        let explanation = Explanation::from_classification(found);
        self.write_flushed(|answer| match answer.output {
            OutputFormat::Text => explanation.write_text(answer.console, &mut answer.stdout),
            OutputFormat::Json => json::write(&explanation, &mut answer.stdout),
        })
    }

    fn write_bad_input(&mut self, error: &str) -> io::Result<()> {
        self.exit = self.exit.worse(Exit::BadInput);
        self.write_flushed(|answer| match answer.output {
            OutputFormat::Text => {
                let line = format!("invalid input: {error}");
                writeln!(
                    answer.stdout,
                    "{}",
                    answer.console.paint(Tone::Warning, &line)
                )
            }
            OutputFormat::Json => write_error(error, answer.output, &mut answer.stdout),
        })
    }

    /// Writes and flushes an explanation: behind `kubectl get events --watch`, the next message may be hours away.
    ///
    /// That input never ends, so after the output was closed it is read no longer than `DRAIN_AFTER_CLOSE`.
    fn write_flushed(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if let Some(closed) = self.pipe_closed_at {
            if closed.elapsed() < DRAIN_AFTER_CLOSE {
                return Ok(());
            }
            self.exit = self.exit.worse(Exit::BadInput);
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let written = write(self).and_then(|()| self.stdout.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.pipe_closed_at = Some(Instant::now());
                Ok(())
            }
            written => written,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn ask(message: Option<&str>, input: &str) -> (Exit, Vec<Value>) {
        let args = Args {
            message: message.map(str::to_owned),
            output: OutputFormat::Json,
        };
        let mut out = Vec::new();
        let exit = run(&args, input.as_bytes(), Console::default(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        (
            exit,
            lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        )
    }

    #[test]
    fn a_message_as_argument_is_one_message() {
        let (exit, found) = ask(Some("pull QPS\nexceeded"), "");
        assert_eq!(exit, Exit::Success);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["cause"], "kubelet-pull-throttled");
        assert_eq!(found[0]["alternatives"][0], "rate-limited");
    }

    #[test]
    fn the_status_is_that_of_the_whole_input_when_nobody_reads_the_answers() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let args = Args {
            message: None,
            output: OutputFormat::Text,
        };
        let known = "toomanyrequests\n".repeat(50);
        for (input, exit) in [
            (known.clone(), Exit::Success),
            (format!("{known}hello\n"), Exit::Negative),
            (format!("{known}{{\"message\":1}}\n"), Exit::BadInput),
        ] {
            let found = run(&args, input.as_bytes(), Console::default(), Closed).unwrap();
            assert_eq!(found, exit);
        }
    }

    #[test]
    fn lines_and_json_lines_are_answered_one_by_one() {
        let (exit, found) = ask(
            None,
            "{\"id\":1,\"message\":\"Get \\\"https://r.example/v2/\\\":\\n no basic auth credentials\"}\n\
             Back-off restarting failed container\n\
             no idea\n",
        );
        let causes: Vec<_> = found
            .iter()
            .map(|line| line["cause"].as_str().unwrap())
            .collect();
        assert_eq!(
            causes,
            ["no-credentials-sent", "not-a-pull-failure", "unknown"]
        );
        assert_eq!(found[0]["registry"], "r.example");
        assert_eq!(exit, Exit::Negative);
    }

    #[test]
    fn a_mirror_is_named_and_is_no_fix_for_itself() {
        let (_, found) = ask(
            Some(
                "unexpected status from HEAD request to http://m.example/v2/a/manifests/1?ns=r.example: 503 Service Unavailable",
            ),
            "",
        );
        assert_eq!(found[0]["mirror"], "m.example");
        let fixes = found[0]["fixes"].as_array().unwrap();
        assert!(!fixes.is_empty());
        assert!(fixes.iter().all(|fix| fix["id"] != "use-mirror"));
    }

    #[test]
    fn bad_input_is_said_and_the_rest_answered() {
        let (exit, found) = ask(Some("-"), "{\"message\":1}\ntoomanyrequests\n");
        assert_eq!(exit, Exit::BadInput);
        assert!(found[0]["error"].is_string());
        assert_eq!(found[1]["cause"], "rate-limited");
        let (exit, found) = ask(None, "");
        assert_eq!((exit, found.len()), (Exit::BadInput, 1));
        assert_eq!(found[0]["error"], EMPTY_INPUT);
    }

    #[test]
    fn a_list_without_messages_is_no_bad_input() {
        for input in [
            r#"{"apiVersion":"v1","kind":"List","items":[]}"#,
            r#"{"apiVersion":"v1","kind":"PodList","items":[{"kind":"Pod","status":{}}]}"#,
        ] {
            let (exit, found) = ask(None, input);
            assert_eq!((exit, found.len()), (Exit::Success, 0), "{input}");
        }
    }
}
