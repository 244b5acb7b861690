//! The moving picture of the README: the repair of a refused credential, as the real binary shows it on its
//! demo. `UPDATE_SCREENS=1 cargo test --test terminal the_film` writes it.
//!
//! As with the still pictures, ages and names differ from run to run: what each scene is there to show has to
//! be on the screen now, and in the kept film too.
use std::{env, fs, thread, time::Duration};

use crate::{
    animation::{self, Frame},
    pictures,
    session::{Session, Setup},
    svg,
};

/// A token that the demo's Docker Hub accepts: `pullscope demo --list` tells it.
const TOKEN: &str = "dckr_pat_example-1";

struct Scene {
    /// The bytes that are typed.
    typed: &'static str,
    /// The keys and their effect, for the line below the screen.
    keys: &'static str,
    caption: &'static str,
    /// What the reader is to find on the screen, in small letters or capitals.
    shows: &'static [&'static str],
    seconds: f64,
}

const SCENES: [Scene; 10] = [
    Scene {
        typed: "",
        keys: "",
        caption: "failing Pods first, with the cause of each",
        shows: &["● live", "ingest", "problems"],
        seconds: 2.6,
    },
    Scene {
        typed: "!",
        keys: "!",
        caption: "jump to the next problem; the chain shows the broken link",
        shows: &["Secret data/dockerhub"],
        seconds: 2.4,
    },
    Scene {
        typed: "D",
        keys: "D",
        caption: "why: the cause, its evidence and the fixes",
        shows: &["Evidence", "401 Unauthorized"],
        seconds: 3.0,
    },
    Scene {
        typed: "\x18",
        keys: "ctrl-x",
        caption: "fix it: pullscope asks only for what it cannot know",
        shows: &["https://index.docker.io/v1/", "Docker Hub"],
        seconds: 2.0,
    },
    Scene {
        typed: TOKEN,
        keys: "paste",
        caption: "a new access token",
        shows: &["••••••••••••••••••"],
        seconds: 1.4,
    },
    Scene {
        typed: "\r",
        keys: "enter",
        caption: "preview: dry run on the server, token tested at the registry",
        shows: &["nordwind/ingest:0.14", "+     password: ••••••"],
        seconds: 3.4,
    },
    Scene {
        typed: "\r",
        keys: "enter",
        caption: "apply, and watch the new Pods start",
        shows: &["1 ✓"],
        seconds: 1.0,
    },
    Scene {
        typed: "",
        keys: "",
        caption: "recovered; u undoes the change",
        shows: &["recovered", "7 ✓"],
        seconds: 3.0,
    },
    Scene {
        typed: "\r\x1b",
        keys: "esc",
        caption: "its Pods run again",
        shows: &["ServiceAccounts · all namespaces"],
        seconds: 1.4,
    },
    Scene {
        typed: "!",
        keys: "!",
        caption: "on to the next problem",
        shows: &["ServiceAccounts · all namespaces"],
        seconds: 2.4,
    },
];

/// The scene that those see whose viewer does not move: the preview of the fix.
const STILL: usize = 5;

/// While a scene is on its way to the next, a frame is taken so often.
const BETWEEN: Duration = Duration::from_millis(800);
/// Frames between two scenes at most: a slow machine makes no longer film.
const MOST_BETWEEN: usize = 5;

/// What an image may weigh in a README.
const HEAVIEST: usize = 400 * 1024;

#[test]
fn the_film_shows_what_the_binary_shows() {
    let frames = play();
    let description = SCENES.map(|scene| scene.caption).join(". ");
    let drawn = animation::draw(&frames, STILL, &description);
    assert!(drawn.len() < HEAVIEST, "{} bytes", drawn.len());
    let path = pictures::path("repair");
    if env::var_os("UPDATE_SCREENS").is_some() {
        fs::write(&path, &drawn).unwrap();
    }
    let kept = words(&fs::read_to_string(&path).unwrap_or_default());
    for scene in &SCENES {
        for shown in scene.shows.iter().chain([&scene.caption]) {
            assert!(
                kept.contains(&words(&svg::escaped(shown))),
                "repair.svg does not show {shown:?}: UPDATE_SCREENS=1 cargo test --test terminal the_film"
            );
        }
    }
    assert!(!kept.contains(TOKEN), "the token is readable");
}

/// Plays all scenes and takes their frames.
fn play() -> Vec<Frame> {
    let mut session = Setup::new(&["demo"]).size(100, 30).start();
    let mut frames = Vec::new();
    // The last line shows keys once the demo has introduced itself.
    session.sees("● live");
    session.shows("next problem");
    for scene in &SCENES {
        session.press(scene.typed);
        if scene.typed.is_empty() && !frames.is_empty() {
            frames.extend(on_the_way(&session, scene));
        }
        for shown in scene.shows {
            session.shows(shown);
        }
        // What was still on its way to the terminal has arrived.
        thread::sleep(Duration::from_millis(300));
        frames.push(take(
            &session,
            scene,
            Duration::from_secs_f64(scene.seconds),
        ));
    }
    frames
}

/// What stands on the screen until the scene begins.
fn on_the_way(session: &Session, scene: &Scene) -> Vec<Frame> {
    let before = ("", "the Pods pull with the new token");
    let mut frames = Vec::new();
    while frames.len() < MOST_BETWEEN {
        thread::sleep(BETWEEN);
        let frame = Frame::new(session.screen.output().terminal.screen(), before, BETWEEN);
        if scene.shows.iter().all(|it| has(frame.text(), it)) {
            break;
        }
        frames.push(frame);
    }
    frames
}

fn take(session: &Session, scene: &Scene, shown_for: Duration) -> Frame {
    let output = session.screen.output();
    let said = (scene.keys, scene.caption);
    Frame::new(output.terminal.screen(), said, shown_for)
}

impl Session {
    /// Waits until the words stand on the screen, in small letters or capitals.
    fn shows(&self, words: &str) {
        self.screen.wait(&format!("{words:?}"), |output| {
            has(&output.terminal.screen().contents(), words)
        });
    }
}

fn has(text: &str, words: &str) -> bool {
    text.to_lowercase().contains(&words.to_lowercase())
}

/// What can be read in a picture: without its tags, in small letters, and without blanks, since blanks of
/// another colour than their neighbours are not drawn.
fn words(svg: &str) -> String {
    let texts = svg.split('<').enumerate().map(|(index, piece)| {
        let after_tag = piece.split_once('>').map(|(_, text)| text);
        if index == 0 { Some(piece) } else { after_tag }.unwrap_or_default()
    });
    let letters = texts.flat_map(str::chars).filter(|it| !it.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}
