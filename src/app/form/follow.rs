//! Answers that follow from others, as long as nobody gave them.

use super::{Answer, Choice, Entry, Form, Source, fields, source};
use crate::domain::{
    k8s::{object_ref::ObjectRef, objects::Secret},
    plan::{CredentialUsage, FormSpec},
    registry_auth::{image_ref::ImageRef, keyring::key_matches, registries},
    store::Store,
};

impl Form {
    /// The registry of the image, names after the image's own, and the Secrets that fit.
    pub(super) fn follow(&mut self, world: &Store) {
        if let Ok(image) = ImageRef::parse(self.text(Answer::Image)) {
            self.follow_image(&image);
        }
        self.follow_which();
        self.offer_secrets(world);
    }

    fn follow_image(&mut self, image: &ImageRef) {
        let server = registries::docker_server(image.host());
        let last = image.path().rsplit('/').next().unwrap_or_default();
        let name = last.replace('_', "-");
        for field in self.fields.iter_mut().filter(|field| !field.touched) {
            let followed = match field.answer {
                Answer::Server => server,
                Answer::Account | Answer::Deployment => name.as_str(),
                _ => continue,
            };
            if let Entry::Text(input) = &mut field.entry {
                *input = followed.into();
            }
        }
    }

    /// Another credential has other holders and another user.
    fn follow_which(&mut self) {
        let FormSpec::Rotate { spreads } = &self.ask else {
            return;
        };
        let Some(Entry::One(which)) = self.field(Answer::Which).map(|field| &field.entry) else {
            return;
        };
        let Some(spread) = spreads.get(which.chosen) else {
            return;
        };
        let rows = fields::holders(Some(spread));
        let username = spread.username.clone();
        let on_which = self
            .focused()
            .is_some_and(|field| field.answer == Answer::Which);
        if !on_which {
            return;
        }
        for field in &mut self.fields {
            match (&mut field.entry, field.answer) {
                (Entry::Many(picks), Answer::Secrets) => {
                    picks.rows.clone_from(&rows);
                    picks.filtered();
                }
                (Entry::Text(input), Answer::Username) => *input = username.as_str().into(),
                _ => {}
            }
        }
    }

    /// The Secrets that hold an entry for this registry. Where a workload is deployed and its
    /// namespace has one, that one is the answer until another is given.
    fn offer_secrets(&mut self, world: &Store) {
        if self.field(Answer::FromSecret).is_none() {
            return;
        }
        let image = ImageRef::parse(self.text(Answer::Image)).ok();
        let server = self.registry();
        let fits = |key: &str| match &image {
            Some(image) => key_matches(key, image),
            None => {
                server.is_empty()
                    || registries::registry_of(key) == registries::registry_of(&server)
            }
        };
        let mut holders = source::holders(world, fits);
        holders.retain(|key| !self.is_itself(key));
        let namespace = match &self.ask {
            FormSpec::Login { secret, .. } => secret.namespace.to_string(),
            FormSpec::NewSecret { namespace, .. } => namespace.to_string(),
            _ => self.text(Answer::Namespace).to_owned(),
        };
        let here = |key: &ObjectRef<Secret>| key.namespace.as_str() == namespace;
        holders.sort_by_key(|key| !here(key));
        let fitting_here = image.is_some() && holders.first().is_some_and(here);
        let options: Vec<String> = holders.iter().map(ToString::to_string).collect();
        let deploys = matches!(self.ask, FormSpec::Setup { .. } | FormSpec::Deploy { .. });
        for field in &mut self.fields {
            let Entry::One(choice) = &mut field.entry else {
                continue;
            };
            match field.answer {
                Answer::FromSecret if choice.options != options => {
                    let before = choice.value().to_owned();
                    *choice = Choice::new(options.clone());
                    choice.choose(&before);
                }
                Answer::Source if deploys && !field.touched => {
                    let source = if fitting_here {
                        Source::Secret
                    } else {
                        Source::Typed
                    };
                    choice.choose(source.label());
                }
                _ => {}
            }
        }
    }

    /// The registry that a login is for.
    pub fn registry(&self) -> String {
        match (&self.ask, self.spread()) {
            (FormSpec::Rotate { .. }, Some(spread)) => spread.server.to_string(),
            _ => self.text(Answer::Server).to_owned(),
        }
    }

    /// The credential that is rotated.
    pub(super) fn spread(&self) -> Option<&CredentialUsage> {
        let FormSpec::Rotate { spreads } = &self.ask else {
            return None;
        };
        match &self.field(Answer::Which)?.entry {
            Entry::One(which) => spreads.get(which.chosen),
            Entry::Text(_) | Entry::Many(_) => None,
        }
    }

    /// A new credential does not come out of the Secret that is to get it.
    fn is_itself(&self, key: &ObjectRef<Secret>) -> bool {
        match &self.ask {
            FormSpec::Login { secret, .. } => secret == key,
            FormSpec::Rotate { .. } => self
                .spread()
                .is_some_and(|spread| spread.holders.iter().any(|holder| holder.secret == *key)),
            _ => false,
        }
    }
}
