//! The pictures in `assets/screens`: the real binary on its demo, driven by keys, drawn as it stood on the
//! terminal. `UPDATE_SCREENS=1 cargo test --test terminal pictures` writes them.
//!
//! Ages and clock times differ from day to day, so a picture is not compared letter by letter: what it is
//! there to show has to be on the screen now, and in the kept picture too.
use std::{env, fs, path::PathBuf, thread, time::Duration};

use crate::{session::Setup, svg};

struct Picture {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Columns and rows.
    size: (u16, u16),
    /// What is typed, and what is waited for afterwards.
    steps: &'static [(&'static str, &'static str)],
    /// What the reader is to find in it.
    shows: &'static [&'static str],
}

const WHOLE: (u16, u16) = (120, 40);

const ENTER: &str = "\r";
const CTRL_X: &str = "\x18";

const PICTURES: [Picture; 6] = [
    Picture {
        name: "dashboard",
        arguments: &["demo"],
        size: WHOLE,
        steps: &[],
        shows: &[
            "login rejected (401)",
            "Fix 1 Create a new access token",
            "Events · all namespaces",
        ],
    },
    Picture {
        name: "diagnosis",
        arguments: &["demo", "-n", "media"],
        size: WHOLE,
        steps: &[("", "SA encoder"), (ENTER, "Evidence")],
        shows: &["pull secret not found", "Fix 1 Attach the pull secret"],
    },
    Picture {
        name: "fix",
        arguments: &["demo", "-n", "media"],
        size: (110, 30),
        steps: &[("", "SA encoder"), (CTRL_X, "Nothing changed yet.")],
        shows: &[
            "Attach nordwind-registry to ServiceAccount media/encoder",
            "+   - name: nordwind-registry",
            "kubectl -n media rollout restart deployment/encoder",
        ],
    },
    Picture {
        name: "setup",
        arguments: &["demo", "--scenario", "first-setup", "-n", "app"],
        size: (110, 30),
        steps: &[
            ("+", "First-time setup"),
            ("myusername/my-private-image", ""),
            (ENTER, ""),
            (ENTER, ""),
            (ENTER, ""),
            ("myusername", ""),
            (ENTER, ""),
            ("dckr_pat_sandbox", ""),
            (ENTER, ""),
            (ENTER, ""),
            (ENTER, ""),
            (ENTER, "manifest found as myusername"),
            (ENTER, "7 ✓ Container ready"),
        ],
        shows: &[
            "manifest found as myusername",
            "Ready in",
            "7 ✓ Container ready",
        ],
    },
    Picture {
        name: "rollout",
        arguments: &["demo", "-n", "shop"],
        size: (110, 22),
        steps: &[("/checkout\r", "SA shop"), ("R", "Rollout")],
        shows: &["tag not found", "2.9.1"],
    },
    Picture {
        name: "faults",
        arguments: &["demo"],
        size: (110, 34),
        steps: &[("W", "Problems")],
        shows: &[
            "login rejected (401)",
            "pull secret not found",
            "rate limit",
        ],
    },
];

#[test]
fn the_pictures_show_what_the_binary_shows() {
    for picture in &PICTURES {
        let drawn = draw(picture);
        let path = path(picture.name);
        if env::var_os("UPDATE_SCREENS").is_some() {
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        for shown in picture.shows {
            assert!(
                kept.contains(&svg::escaped(shown)),
                "{}.svg does not show {shown:?}: UPDATE_SCREENS=1 cargo test --test terminal pictures",
                picture.name
            );
        }
    }
}

/// Plays the steps and draws what stands there then.
fn draw(picture: &Picture) -> String {
    let mut session = Setup::new(picture.arguments)
        .size(picture.size.0, picture.size.1)
        .start();
    session.sees("● live");
    for (keys, wait) in picture.steps {
        session.press(keys);
        // The answer to a key is seen by what it leads to; where it is only that a field has the
        // cursor, keys are taken in their order anyway.
        session.sees(wait);
    }
    for shown in picture.shows {
        session.sees(shown);
    }
    // The keys are back where the demo introduced itself, and what was still on its way has arrived.
    session.misses("Demo: ");
    thread::sleep(Duration::from_millis(300));
    let output = session.screen.output();
    svg::draw(output.terminal.screen())
}

pub fn path(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    directory.join(format!("{name}.svg"))
}
