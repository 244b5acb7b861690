//! Derived defaults: values of fields that follow from other fields until the user edits them.

use super::{CredentialSource, FieldId, FieldInput, Form, Select, SelectValue, fields, source};
use crate::domain::{
    k8s::{object_ref::ObjectRef, objects::Secret},
    plan::{CredentialUsage, FormSpec},
    registry_auth::{image_ref::ImageRef, keyring::key_matches, registries},
    store::Store,
};

impl Form {
    /// Derives the registry of the image, names from the image, and the matching Secrets.
    pub(super) fn derive_defaults(&mut self, store: &Store) {
        self.derive_from_tag();
        if let Ok(image) = ImageRef::parse(self.text(FieldId::Image)) {
            self.derive_from_image(&image);
        }
        self.derive_from_credential();
        self.offer_secrets(store);
    }

    /// The image gets the tag that is picked.
    fn derive_from_tag(&mut self) {
        let tag = self.focused().filter(|field| field.id == FieldId::Tag);
        let Some(tag) = tag.map(|field| field.value().to_owned()) else {
            return;
        };
        let Ok(image) = ImageRef::parse(self.text(FieldId::Image)) else {
            return;
        };
        let picked = format!("{}:{tag}", image.repository());
        for field in &mut self.fields {
            if let (FieldId::Image, FieldInput::Text(input)) = (field.id, &mut field.input) {
                *input = picked.as_str().into();
            }
        }
    }

    fn derive_from_image(&mut self, image: &ImageRef) {
        let server = registries::docker_server(image.host());
        let last = image.path().rsplit('/').next().unwrap_or_default();
        let name = last.replace('_', "-");
        for field in self.fields.iter_mut().filter(|field| !field.touched) {
            let followed = match field.id {
                FieldId::Server => server,
                FieldId::Account | FieldId::Deployment => name.as_str(),
                _ => continue,
            };
            if let FieldInput::Text(input) = &mut field.input {
                *input = followed.into();
            }
        }
    }

    /// Another credential has other holders and another user.
    fn derive_from_credential(&mut self) {
        let FormSpec::Rotate {
            secret,
            spreads,
            reach,
        } = &self.spec
        else {
            return;
        };
        let Some(FieldInput::Select(which)) =
            self.field(FieldId::Credential).map(|field| &field.input)
        else {
            return;
        };
        let Some(spread) = spreads.get(which.chosen) else {
            return;
        };
        let rows = fields::holder_options(Some(spread), secret, *reach);
        let username = spread.username.clone();
        let on_which = self
            .focused()
            .is_some_and(|field| field.id == FieldId::Credential);
        if !on_which {
            return;
        }
        for field in &mut self.fields {
            match (&mut field.input, field.id) {
                (FieldInput::MultiSelect(picks), FieldId::Secrets) => {
                    picks.rows.clone_from(&rows);
                    picks.clamp_cursor();
                }
                (FieldInput::Text(input), FieldId::Username) => *input = username.as_str().into(),
                _ => {}
            }
        }
    }

    /// The Secrets that hold an entry for this registry. Where a workload is deployed and its
    /// namespace has one, that one is the answer until another is given.
    fn offer_secrets(&mut self, store: &Store) {
        if self.field(FieldId::FromSecret).is_none() {
            return;
        }
        let image = ImageRef::parse(self.text(FieldId::Image)).ok();
        let server = self.registry();
        let fits = |key: &str| match &image {
            Some(image) => key_matches(key, image),
            None => {
                server.is_empty()
                    || registries::registry_of(key) == registries::registry_of(&server)
            }
        };
        let mut holders = source::holders(store, fits);
        holders.retain(|key| !self.is_rotated_secret(key));
        let namespace = match &self.spec {
            FormSpec::Login { secret, .. } => secret.namespace.to_string(),
            FormSpec::NewSecret { namespace, .. } => namespace.to_string(),
            _ => self.text(FieldId::Namespace).to_owned(),
        };
        let here = |key: &ObjectRef<Secret>| key.namespace.as_str() == namespace;
        holders.sort_by_key(|key| !here(key));
        let fitting_here = image.is_some() && holders.first().is_some_and(here);
        let item = |key: &ObjectRef<Secret>| (key.to_string(), SelectValue::Secret(key.clone()));
        let offered = Select::new(holders.iter().map(item));
        let deploys = matches!(self.spec, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        for field in &mut self.fields {
            let FieldInput::Select(choice) = &mut field.input else {
                continue;
            };
            match field.id {
                FieldId::FromSecret if choice.options != offered.options => {
                    let before = choice.label().to_owned();
                    choice.options.clone_from(&offered.options);
                    choice.chosen = 0;
                    choice.choose_label(&before);
                }
                FieldId::Source if deploys && !field.touched => {
                    let source = if fitting_here {
                        CredentialSource::Secret
                    } else {
                        CredentialSource::Typed
                    };
                    choice.choose(&SelectValue::Source(source));
                }
                _ => {}
            }
        }
    }

    /// The registry of a login.
    pub fn registry(&self) -> String {
        match (&self.spec, self.credential_usage()) {
            (FormSpec::Rotate { .. }, Some(spread)) => spread.server.to_string(),
            _ => self.text(FieldId::Server).to_owned(),
        }
    }

    /// The credential being rotated.
    pub(super) fn credential_usage(&self) -> Option<&CredentialUsage> {
        let FormSpec::Rotate { spreads, .. } = &self.spec else {
            return None;
        };
        match &self.field(FieldId::Credential)?.input {
            FieldInput::Select(which) => spreads.get(which.chosen),
            FieldInput::Text(_) | FieldInput::MultiSelect(_) => None,
        }
    }

    /// A new credential does not come out of the Secret that is to get it.
    fn is_rotated_secret(&self, key: &ObjectRef<Secret>) -> bool {
        match &self.spec {
            FormSpec::Login { secret, .. } => secret == key,
            FormSpec::Rotate { .. } => self
                .credential_usage()
                .is_some_and(|spread| spread.holders.iter().any(|holder| holder.secret == *key)),
            _ => false,
        }
    }
}
