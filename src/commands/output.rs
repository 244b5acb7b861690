//! Output of a command: whether a person or a program reads it, what is printed, the exit status.

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

/// Properties of the two output streams: colours, symbols, progress.
pub fn console() -> Console {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = env::var_os("TERM");
    // Consoles of Windows set no TERM.
    let is_dumb = term.map_or(cfg!(unix), |term| term == "dumb");
    Console {
        colours: io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb,
        ascii: !TerminalCapabilities::from_environment().unicode,
        progress: io::stderr().is_terminal() && !is_dumb,
    }
}

/// Prints to standard output. A reader that closes the pipe (`| head`) is no error.
pub fn print(text: &[u8]) -> color_eyre::Result<ExitCode> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(io_error(&error).into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Exit code of a command that reads standard input and writes to standard output.
///
/// A failed read or write is an error, and not one of the statuses of the command.
pub fn exit_code(outcome: io::Result<Exit>) -> color_eyre::Result<ExitCode> {
    match outcome {
        Ok(exit) => Ok(ExitCode::from(exit.code())),
        Err(error) => Err(io_error(&error).into()),
    }
}

fn io_error(error: &io::Error) -> UserError {
    UserError::new("cannot read the input or write the output").with_cause(error.to_string())
}
