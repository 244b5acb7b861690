//! `pullscope match`: which auth entries the kubelet would try for an image, in its order.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::Serialize;

use super::{
    Exit, Output, image,
    report::{printable, write_error},
    secrets, unless_closed,
};
use crate::domain::{
    image::ImageRef,
    keyring::{Keyring, Lookup},
};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The image as a Pod names it
    pub image: String,
    /// A Docker configuration or a Secret manifest (YAML or JSON), - for standard input; repeated in
    /// the order in which the Pod lists the Secrets
    #[arg(long, value_name = "FILE", required = true)]
    pub from: Vec<PathBuf>,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, Serialize)]
struct Matches {
    image: String,
    entries: Vec<Entry>,
    /// The entries that are not tried, with the reason.
    misses: Vec<Missed>,
}

#[derive(Debug, Serialize)]
struct Entry {
    source: String,
    key: String,
    username: String,
}

#[derive(Debug, Serialize)]
struct Missed {
    source: String,
    key: String,
    reason: String,
    /// The key that would match.
    instead: Option<String>,
}

/// What hangs on an entry of the keyring.
struct Held {
    source: String,
    key: String,
    username: String,
}

/// Answers for one image.
pub fn run(args: &Args, stdin: impl Read, stdout: impl Write) -> io::Result<Exit> {
    let mut stdout = io::BufWriter::new(stdout);
    let answered = match answer(args, stdin) {
        Ok(matches) => write_matches(&matches, args.output, &mut stdout),
        Err(error) => write_error(&error, args.output, &mut stdout),
    };
    unless_closed(answered.and_then(|exit| stdout.flush().map(|()| exit)))
}

fn answer(args: &Args, mut stdin: impl Read) -> Result<Matches, String> {
    let image = image(&args.image)?;
    let mut keyring = Keyring::default();
    for path in &args.from {
        for source in secrets::load(path, &mut stdin)? {
            let Some(config) = source.config else {
                continue;
            };
            // The kubelet gives up at the first Secret that it cannot read, whatever the others hold.
            let entries = config
                .usable()
                .map_err(|malformed| malformed.text.to_string())?;
            for entry in entries {
                let held = Held {
                    source: source.name.clone(),
                    key: entry.server.to_string(),
                    username: entry.username.to_string(),
                };
                keyring.add(&entry.server, held);
            }
        }
    }
    Ok(Matches::of(&image, keyring.lookup(&image)))
}

impl Matches {
    fn of(image: &ImageRef, lookup: Lookup<'_, Held>) -> Self {
        let entries = lookup.tries.into_iter().map(|tried| Entry {
            source: tried.entry.source.clone(),
            key: tried.entry.key.clone(),
            username: tried.entry.username.clone(),
        });
        let misses = lookup.misses.into_iter().map(|(held, miss)| Missed {
            source: held.source.clone(),
            key: held.key.clone(),
            reason: miss.reason.to_string(),
            instead: miss.instead,
        });
        Self {
            image: image.to_string(),
            entries: entries.collect(),
            misses: misses.collect(),
        }
    }
}

fn write_matches(matches: &Matches, output: Output, stdout: &mut impl Write) -> io::Result<Exit> {
    match output {
        Output::Json => {
            serde_json::to_writer(&mut *stdout, matches)?;
            writeln!(stdout)?;
        }
        Output::Text => write_text(matches, stdout)?,
    }
    Ok(if matches.entries.is_empty() {
        Exit::Negative
    } else {
        Exit::Success
    })
}

fn write_text(matches: &Matches, stdout: &mut impl Write) -> io::Result<()> {
    writeln!(stdout, "{}", matches.image)?;
    for (at, entry) in matches.entries.iter().enumerate() {
        let user = if entry.username.is_empty() {
            "nobody"
        } else {
            &entry.username
        };
        let line = format!("{}. {} as {user} ({})", at + 1, entry.key, entry.source);
        writeln!(stdout, "  {}", printable(&line))?;
    }
    if matches.entries.is_empty() {
        writeln!(stdout, "  no entry matches: the pull is anonymous")?;
    }
    for miss in &matches.misses {
        let line = format!("not {} ({}): {}", miss.key, miss.source, miss.reason);
        writeln!(stdout, "  {}", printable(&line))?;
        if let Some(instead) = &miss.instead {
            writeln!(stdout, "      {} would match", printable(instead))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn ask(image: &str, config: &str) -> (Exit, Value) {
        let args = Args {
            image: image.to_owned(),
            from: vec![PathBuf::from("-")],
            output: Output::Json,
        };
        let mut out = Vec::new();
        let exit = run(&args, config.as_bytes(), &mut out).unwrap();
        (exit, serde_json::from_slice(&out).unwrap())
    }

    #[test]
    fn entries_are_listed_in_the_order_of_trial() {
        let config = r#"{"auths":{"quay.io":{"auth":"dTpw"},"quay.io/a":{"auth":"djpw"},"ghcr.io":{"auth":"dzpw"}}}"#;
        let (exit, found) = ask("quay.io/a/b:1", config);
        assert_eq!(exit, Exit::Success);
        assert_eq!(found["image"], "quay.io/a/b:1");
        assert_eq!(found["entries"][0]["username"], "v");
        assert_eq!(found["entries"][1]["key"], "quay.io");
        assert_eq!(found["misses"][0]["key"], "ghcr.io");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_as_it_is_for_the_kubelet() {
        let (exit, found) = ask("nginx", r#"{"auths":{"ghcr.io":{"auth":"!"}}}"#);
        assert_eq!(exit, Exit::BadInput);
        assert_eq!(found["error"], "illegal base64 data at input byte 0");
        let (exit, found) = ask("a/B", "{}");
        assert_eq!(exit, Exit::BadInput);
        assert!(
            found["error"].as_str().unwrap().contains("upper case"),
            "{found}"
        );
        assert_eq!(ask("nginx", r#"{"auths":{}}"#).0, Exit::Negative);
    }

    #[test]
    fn no_password_is_ever_written() {
        let (_, found) = ask(
            "quay.io/a",
            r#"{"auths":{"quay.io":{"username":"u","password":"canary"}}}"#,
        );
        assert!(!found.to_string().contains("canary"));
    }
}
