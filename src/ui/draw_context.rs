//! Draw context: the model, the theme and the current time. Nothing here can be changed.

use jiff::Timestamp;

use super::theme::Theme;
use crate::app::{keymap::Context, model::Model, panes::accounts::SecretListContext};

#[derive(Clone, Copy)]
pub struct DrawContext<'a> {
    pub model: &'a Model,
    pub theme: &'a Theme,
    pub now: Timestamp,
    /// The contexts of the keys that the hints of what is drawn name: those of its layer.
    pub contexts: &'a [Context],
}

impl DrawContext<'_> {
    /// Returns the inputs for the state of listed Secrets.
    pub(super) fn secret_list_context(&self) -> SecretListContext<'_> {
        SecretListContext {
            store: &self.model.store,
            diagnoses: &self.model.diagnoses,
            coverage: self.model.connection.coverage(),
            now: self.now,
        }
    }

    /// The spinner's face at this moment.
    pub(super) fn spinner(&self) -> &'static str {
        let faces = &self.theme.symbols().spinner;
        let turn = self.now.as_millisecond().div_euclid(SPIN);
        usize::try_from(turn)
            .ok()
            .and_then(|turn| faces.get(turn % faces.len()))
            .copied()
            .unwrap_or_default()
    }
}

/// Milliseconds that the spinner keeps a face for.
const SPIN: i64 = 120;
