//! What a command answers: to whom, what is printed, and with which exit status.

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use pullscope::{
    domain::error::UserError,
    headless::{Exit, console::Console},
    runtime::capabilities::TerminalCapabilities,
};

/// Who reads the results.
pub fn console() -> Console {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = env::var_os("TERM");
    // Consoles of Windows set no TERM.
    let dumb = term.map_or(cfg!(unix), |term| term == "dumb");
    Console {
        colours: io::stdout().is_terminal() && !is_set("NO_COLOR") && !dumb,
        ascii: !TerminalCapabilities::from_environment().unicode,
        progress: io::stderr().is_terminal() && !dumb,
    }
}

/// Prints what was made; a reader that has seen enough is no error.
pub fn print(text: &[u8]) -> color_eyre::Result<ExitCode> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unanswered(&error).into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The exit status of a command that reads standard input and writes to standard output. Where one of them
/// fails, the command has not answered: that is none of its answers.
pub fn exit(outcome: io::Result<Exit>) -> color_eyre::Result<ExitCode> {
    match outcome {
        Ok(exit) => Ok(ExitCode::from(exit.code())),
        Err(error) => Err(unanswered(&error).into()),
    }
}

fn unanswered(error: &io::Error) -> UserError {
    UserError::new("cannot read the input or write the output").with_cause(error.to_string())
}
