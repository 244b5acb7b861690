//! Completion scripts and manual pages, made from the commands and the key bindings.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{Cli, man_sections::sections};
use crate::app::keymap::{BINDINGS, Context};

/// Completion script of a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pullscope", &mut script);
    script
}

/// Manual page of the program, or of a command; `None` when there is no such command.
pub fn manual(command: Option<&str>) -> Option<io::Result<Vec<u8>>> {
    let mut tree = Cli::command();
    // Gives each command its full name.
    tree.build();
    match command {
        None => Some(manual_page(tree, None)),
        Some(name) => {
            let found = tree.find_subcommand(name)?.clone();
            Some(manual_page(found, Some(name)))
        }
    }
}

/// The page of a command; of the program without a name.
fn manual_page(command: Command, name: Option<&str>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let man = Man::new(command).source(concat!("pullscope ", env!("CARGO_PKG_VERSION")));
    man.render(&mut text)?;
    if name.is_none() {
        keys_section().to_writer(&mut text)?;
    }
    sections(name).to_writer(&mut text)?;
    Ok(text)
}

/// Section of key bindings, by context.
fn keys_section() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["KEYS"]);
    let mut contexts: Vec<Context> = Vec::new();
    for binding in BINDINGS {
        if !contexts.contains(&binding.context) {
            contexts.push(binding.context);
        }
    }
    for context in contexts {
        roff.control("SS", [context.title()]);
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            roff.control("TP", []);
            roff.text([bold(binding.on.join(", "))]);
            roff.text([roman(binding.help)]);
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_commands_and_keys() {
        let page = String::from_utf8(manual(None).unwrap().unwrap()).unwrap();
        for word in [
            "pullscope",
            "check",
            "\\-\\-read\\-only",
            "KEYS",
            "ctrl\\-x",
        ] {
            assert!(page.contains(word), "{word}");
        }
        for section in [
            "EXIT STATUS",
            "ENVIRONMENT",
            "FILES",
            "EXAMPLES",
            "SEE ALSO",
        ] {
            assert!(page.contains(section), "{section}");
        }
        let page = String::from_utf8(manual(Some("demo")).unwrap().unwrap()).unwrap();
        assert!(page.contains("\\-\\-scenario"));
        assert!(page.contains("SEE ALSO") && !page.contains("EXIT STATUS"));
        let source = concat!("\"pullscope ", env!("CARGO_PKG_VERSION"), "\"");
        assert!(page.contains(source), "{page}");
        assert!(manual(Some("nothing")).is_none());
    }

    #[test]
    fn every_shell_gets_a_script() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Elvish,
        ] {
            let script = String::from_utf8(completions(shell)).unwrap();
            assert!(
                script.contains("verify") && script.contains("demo"),
                "{shell}"
            );
        }
    }
}
