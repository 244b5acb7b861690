//! All settings, with their defaults. Names of themes, keys, panes and columns stay texts here: the layers
//! that know them resolve them.

use super::{
    provenance::{Entries, SettingOrigin, WithOrigin},
    toml_table::TomlFile,
};
use crate::domain::error::UserError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub theme: WithOrigin<String>,
    pub symbols: WithOrigin<String>,
    /// The pane that has the keyboard at the start.
    pub view: WithOrigin<String>,
    /// The namespace to begin with; empty: the context's, or all.
    pub namespace: WithOrigin<String>,
    /// The namespaces of the keys 1 to 9; without any, the first nine that there are.
    pub favourites: WithOrigin<Vec<String>>,
    pub notify: WithOrigin<String>,
    pub read_only: WithOrigin<bool>,
    /// Whether namespace, pane and commands are remembered until the next start.
    pub remember: WithOrigin<bool>,
    pub hygiene: HygieneSettings,
    pub registries: RegistrySettings,
    /// By role.
    pub colours: Entries<String>,
    /// By action.
    pub keys: Entries<Vec<String>>,
    /// By pane.
    pub columns: Entries<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HygieneSettings {
    /// A pull secret that is older is to be rotated.
    pub rotate_after_days: WithOrigin<u32>,
    /// Tags under which another image may appear.
    pub moving_tags: WithOrigin<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// PEM files with authorities to trust besides the system's.
    pub ca: WithOrigin<Vec<String>>,
    /// Hosts that may be asked in plain HTTP.
    pub insecure: WithOrigin<Vec<String>>,
    /// Token servers that may get a credential besides those of the registry's own domain.
    pub realms: WithOrigin<Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        let text = |text: &str| WithOrigin::from_default(text.to_owned());
        Self {
            theme: text("auto"),
            symbols: text("auto"),
            view: text("pods"),
            namespace: text(""),
            favourites: WithOrigin::default(),
            notify: text("off"),
            read_only: WithOrigin::default(),
            remember: WithOrigin::from_default(true),
            hygiene: HygieneSettings {
                // A quarter is what most policies ask for.
                rotate_after_days: WithOrigin::from_default(90),
                moving_tags: WithOrigin::from_default(vec!["latest".to_owned()]),
            },
            registries: RegistrySettings::default(),
            colours: Entries::new(),
            keys: Entries::new(),
            columns: Entries::new(),
        }
    }
}

impl Settings {
    /// Applies the settings of a file.
    pub(super) fn apply_file(&mut self, file: &TomlFile<'_>) -> Result<(), UserError> {
        let mut top = file.parse()?;
        top.text("theme", &mut self.theme)?;
        top.text("symbols", &mut self.symbols)?;
        top.text("view", &mut self.view)?;
        top.text("namespace", &mut self.namespace)?;
        top.texts("favourites", &mut self.favourites)?;
        top.text("notify", &mut self.notify)?;
        top.flag("read-only", &mut self.read_only)?;
        top.flag("remember", &mut self.remember)?;
        let mut hygiene = top.section("hygiene")?;
        hygiene.number("rotate-after-days", &mut self.hygiene.rotate_after_days)?;
        hygiene.texts("moving-tags", &mut self.hygiene.moving_tags)?;
        hygiene.finish()?;
        let mut registries = top.section("registries")?;
        registries.texts("ca", &mut self.registries.ca)?;
        registries.texts("insecure", &mut self.registries.insecure)?;
        registries.texts("realms", &mut self.registries.realms)?;
        registries.finish()?;
        top.section("colours")?.entries_of_text(&mut self.colours)?;
        top.section("keys")?.entries_of_texts(&mut self.keys)?;
        top.section("columns")?
            .entries_of_texts(&mut self.columns)?;
        top.finish()
    }

    /// Each setting with its value in TOML, in the order of the sample file.
    pub fn rows(&self) -> Vec<SettingRow> {
        let text = |name: &str, it: &WithOrigin<String>| {
            SettingRow::new(name, quoted(&it.value), &it.origin)
        };
        let texts = |name: &str, it: &WithOrigin<Vec<String>>| {
            SettingRow::new(name, list(&it.value), &it.origin)
        };
        let flag = |name: &str, it: &WithOrigin<bool>| {
            SettingRow::new(name, it.value.to_string(), &it.origin)
        };
        let days = &self.hygiene.rotate_after_days;
        let mut rows = vec![
            text("theme", &self.theme),
            text("symbols", &self.symbols),
            text("view", &self.view),
            text("namespace", &self.namespace),
            texts("favourites", &self.favourites),
            text("notify", &self.notify),
            flag("read-only", &self.read_only),
            flag("remember", &self.remember),
            SettingRow::new(
                "hygiene.rotate-after-days",
                days.value.to_string(),
                &days.origin,
            ),
            texts("hygiene.moving-tags", &self.hygiene.moving_tags),
            texts("registries.ca", &self.registries.ca),
            texts("registries.insecure", &self.registries.insecure),
            texts("registries.realms", &self.registries.realms),
        ];
        let colours = self.colours.iter();
        rows.extend(colours.map(|(role, it)| text(&format!("colours.{role}"), it)));
        for (section, entries) in [("keys", &self.keys), ("columns", &self.columns)] {
            let entries = entries.iter();
            rows.extend(entries.map(|(name, it)| texts(&format!("{section}.{name}"), it)));
        }
        rows
    }
}

/// One setting for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    pub name: String,
    pub value: String,
    pub origin: SettingOrigin,
}

impl SettingRow {
    fn new(name: &str, value: String, origin: &SettingOrigin) -> Self {
        Self {
            name: name.to_owned(),
            value,
            origin: origin.clone(),
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}
