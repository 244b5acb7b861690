//! Settings: from the settings file, the environment and the command line. Defaults, the file, the
//! environment and the flags, in this order, and for each value where it came from.
//!
//! It only loads and merges: what a theme, an action or a pane is called is known to the layers that have
//! them, and nothing is done here with a value.

mod paths;
mod provenance;
mod settings;
mod toml_table;

use std::{fs, io, path::PathBuf, sync::Arc};

pub use self::{
    paths::XdgPaths,
    provenance::{Entries, SettingOrigin, WithOrigin},
    settings::{HygieneSettings, RegistrySettings, SettingRow, Settings},
};
use crate::domain::error::UserError;

/// The sample file: every setting with its default and a description; a test compares it with the code.
pub const SAMPLE: &str = include_str!("../../assets/config.toml");

/// Settings given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Read this file, which must be there.
    pub file: Option<PathBuf>,
    pub theme: Option<String>,
    pub read_only: bool,
    pub no_state: bool,
}

/// The settings, and the path of the settings file.
#[derive(Clone, Debug, Default)]
pub struct LoadedSettings {
    pub settings: Settings,
    /// `None`: there is no file.
    pub file: Option<PathBuf>,
}

/// Loads the settings. A missing file is an error only if it was named.
pub fn load(flags: &Flags, places: &XdgPaths) -> Result<LoadedSettings, UserError> {
    let mut loaded = LoadedSettings::default();
    let path = flags.file.clone().or_else(|| places.config_file());
    if let Some(path) = path {
        match fs::read_to_string(&path) {
            Ok(text) => {
                let path = Arc::new(path);
                let file = toml_table::TomlFile {
                    path: Arc::clone(&path),
                    text: &text,
                };
                loaded.settings.apply_file(&file)?;
                loaded.file = Some(path.to_path_buf());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && flags.file.is_none() => {}
            Err(error) => {
                let why = format!("{}: {error}", path.display());
                return Err(UserError::new("cannot read the configuration")
                    .with_cause(why)
                    .with_help("choose another file with --config, or omit it"));
            }
        }
    }
    let settings = &mut loaded.settings;
    // https://no-color.org: what is said on the command line counts more.
    if places.no_colour {
        settings.theme = WithOrigin {
            value: "plain".to_owned(),
            origin: SettingOrigin::Environment("NO_COLOR"),
        };
    }
    if let Some(theme) = &flags.theme {
        settings.theme = WithOrigin {
            value: theme.clone(),
            origin: SettingOrigin::Flag("--theme"),
        };
    }
    if flags.read_only {
        settings.read_only = WithOrigin {
            value: true,
            origin: SettingOrigin::Flag("--read-only"),
        };
    }
    if flags.no_state {
        settings.remember = WithOrigin {
            value: false,
            origin: SettingOrigin::Flag("--no-state"),
        };
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, UserError> {
        let mut settings = Settings::default();
        let path = Arc::new(PathBuf::from("c.toml"));
        settings.apply_file(&toml_table::TomlFile { path, text })?;
        Ok(settings)
    }

    fn why(text: &str) -> String {
        let problem = read(text).unwrap_err();
        assert!(problem.help.unwrap().contains("c.toml"));
        problem.causes.join("; ")
    }

    #[test]
    fn the_sample_names_every_setting_with_its_default() {
        let sample = read(SAMPLE).unwrap();
        let named = |row: &SettingRow| row.origin != SettingOrigin::Default;
        let missing: Vec<SettingRow> = sample
            .rows()
            .into_iter()
            .filter(|row| !named(row))
            .collect();
        assert_eq!(missing, []);
        for (sample, default) in sample.rows().iter().zip(Settings::default().rows()) {
            assert_eq!(
                (&sample.name, &sample.value),
                (&default.name, &default.value)
            );
        }
        for section in [
            sample.keys.len(),
            sample.colours.len(),
            sample.columns.len(),
        ] {
            assert_eq!(
                section, 0,
                "their defaults belong to other rooms: as comments"
            );
        }
    }

    #[test]
    fn a_value_knows_its_line() {
        let settings =
            read("# mine\ntheme = 'light'\n\n[hygiene]\nrotate-after-days = 30\n").unwrap();
        assert_eq!(settings.theme.origin.to_string(), "c.toml:2");
        assert_eq!(settings.hygiene.rotate_after_days.value, 30);
        assert_eq!(
            settings.hygiene.rotate_after_days.origin.to_string(),
            "c.toml:5"
        );
        assert_eq!(settings.symbols.origin, SettingOrigin::Default);
        let settings = read("[keys]\nfilter = 'f'\nquit = ['ctrl-q', 'f10']").unwrap();
        assert_eq!(settings.keys["filter"].value, ["f"]);
        assert_eq!(settings.keys["quit"].value, ["ctrl-q", "f10"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_nearest_setting() {
        assert_eq!(
            why("\ntehme = 'light'"),
            "c.toml:2: unknown setting tehme; did you mean theme?"
        );
        assert_eq!(
            why("[registries]\ninsecur = []"),
            "c.toml:2: unknown setting registries.insecur; did you mean registries.insecure?"
        );
        assert_eq!(
            why("[registries]\nproxy = 1"),
            "c.toml:2: unknown setting registries.proxy; known settings: ca, insecure, realms"
        );
        assert_eq!(
            why("theme = 3"),
            "c.toml:1: theme is integer; expected a quoted string"
        );
        assert!(why("a =\n").starts_with("c.toml:1: invalid TOML: "));
        assert_eq!(
            why("hygiene = 3"),
            "c.toml:1: hygiene is integer; expected a table [hygiene]"
        );
        assert!(why("[hygiene]\nrotate-after-days = -1").contains("a whole number"));
    }

    #[test]
    fn flags_beat_the_environment_and_that_beats_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, "theme = 'light'").unwrap();
        let mut flags = Flags {
            file: Some(path),
            ..Flags::default()
        };
        let mut places = XdgPaths::default();
        let theme = |flags: &Flags, places: &XdgPaths| load(flags, places).unwrap().settings.theme;
        assert_eq!(theme(&flags, &places).value, "light");
        places.no_colour = true;
        assert_eq!(
            theme(&flags, &places).origin,
            SettingOrigin::Environment("NO_COLOR")
        );
        flags.theme = Some("dark".to_owned());
        assert_eq!(theme(&flags, &places).value, "dark");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let flags = Flags {
            file: Some("/nowhere/c.toml".into()),
            ..Flags::default()
        };
        let problem = load(&flags, &XdgPaths::default()).unwrap_err();
        assert!(problem.to_string().contains("/nowhere/c.toml"));
        assert!(load(&Flags::default(), &XdgPaths::default()).is_ok());
    }
}
