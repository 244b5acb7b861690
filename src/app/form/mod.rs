//! A form: what is asked for, field by field, with a word on each answer while it is typed.
//!
//! Its end is a plan, which is shown before anything is done. It knows no terminal and no cluster.

mod plan;

use tui_input::Input;

use crate::domain::{
    faults::FaultId,
    image::ImageRef,
    plan::{
        Ask,
        check::{self, Complaint},
    },
    presets,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Namespace,
    Image,
    Server,
    Username,
    Token,
    Secret,
    Account,
    Deployment,
}

impl Answer {
    pub fn label(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Image => "Image",
            Self::Server => "Registry",
            Self::Username => "User",
            Self::Token => "Token",
            Self::Secret => "Secret",
            Self::Account => "ServiceAccount",
            Self::Deployment => "Deployment",
        }
    }

    pub fn is_masked(self) -> bool {
        self == Self::Token
    }
}

#[derive(Debug)]
pub struct Field {
    pub answer: Answer,
    pub input: Input,
    /// Until it is typed into, it follows from other answers.
    touched: bool,
}

#[derive(Debug)]
pub struct Form {
    pub ask: Ask,
    pub fields: Vec<Field>,
    pub focus: usize,
    /// The fault that this is to remove.
    pub fault: Option<FaultId>,
    /// Whether esc was pressed on what has been typed.
    pub leaving: bool,
}

impl Form {
    pub fn new(ask: Ask, fault: Option<FaultId>) -> Self {
        let answers: Vec<(Answer, String)> = match &ask {
            Ask::Login {
                server, username, ..
            } => vec![
                (Answer::Server, server.clone()),
                (Answer::Username, username.clone()),
                (Answer::Token, String::new()),
            ],
            Ask::NewSecret {
                name,
                server,
                account,
                ..
            } => vec![
                (Answer::Server, server.clone()),
                (Answer::Username, String::new()),
                (Answer::Token, String::new()),
                (Answer::Secret, name.clone()),
                (
                    Answer::Account,
                    account
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string),
                ),
            ],
            Ask::Image { before, .. } => vec![(Answer::Image, before.to_string())],
            Ask::Bind { .. } => vec![(Answer::Account, String::new())],
            Ask::Setup { namespace } => {
                let namespace = namespace
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string);
                vec![
                    (Answer::Namespace, namespace),
                    (Answer::Image, String::new()),
                    (Answer::Server, String::new()),
                    (Answer::Username, String::new()),
                    (Answer::Token, String::new()),
                    (Answer::Secret, "regcred".to_owned()),
                    (Answer::Account, String::new()),
                    (Answer::Deployment, String::new()),
                ]
            }
        };
        let fields: Vec<Field> = answers
            .into_iter()
            .map(|(answer, text)| Field {
                answer,
                touched: !text.is_empty(),
                input: text.into(),
            })
            .collect();
        // What is known needs no typing: the first open question is asked first.
        let first_open = fields
            .iter()
            .position(|field| field.input.value().is_empty());
        Self {
            ask,
            focus: first_open.unwrap_or(0),
            fields,
            fault,
            leaving: false,
        }
    }

    pub fn text(&self, answer: Answer) -> &str {
        self.fields
            .iter()
            .find(|field| field.answer == answer)
            .map_or("", |field| field.input.value())
    }

    /// Whether anything was typed that leaving would lose.
    pub fn is_typed(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.answer == Answer::Token && !field.input.value().is_empty())
            || self.fields.iter().filter(|field| field.touched).count() > 3
    }

    /// Puts the keyboard on this question, if it is asked.
    pub fn go_to(&mut self, answer: Answer) {
        let found = self.fields.iter().position(|field| field.answer == answer);
        self.focus = found.unwrap_or(self.focus);
    }

    pub fn next(&mut self) {
        self.focus = (self.focus + 1).min(self.fields.len().saturating_sub(1));
    }

    pub fn previous(&mut self) {
        self.focus = self.focus.saturating_sub(1);
    }

    pub fn at_last(&self) -> bool {
        self.focus + 1 == self.fields.len()
    }

    /// What was typed into the focused field has changed.
    pub fn changed(&mut self) {
        self.leaving = false;
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.touched = !field.input.value().is_empty();
        }
        self.derive();
    }

    /// Answers that follow from others, as long as nobody gave them: the registry of the image, and
    /// names after the image's own.
    fn derive(&mut self) {
        let Ok(image) = ImageRef::parse(self.text(Answer::Image)) else {
            return;
        };
        let preset = presets::of_host(image.host());
        let server = match preset {
            Some(preset) if preset.id == "docker-hub" => preset.server.to_owned(),
            _ => image.host().to_owned(),
        };
        let name = image
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .replace('_', "-");
        for field in self.fields.iter_mut().filter(|field| !field.touched) {
            match field.answer {
                Answer::Server => field.input = server.clone().into(),
                Answer::Account | Answer::Deployment => field.input = name.clone().into(),
                _ => {}
            }
        }
    }

    /// What there is to say of an answer.
    pub fn complaint(&self, answer: Answer) -> Option<Complaint> {
        let text = self.text(answer);
        match answer {
            Answer::Namespace => check::label(text),
            Answer::Image => check::image(text),
            Answer::Server => check::server(text),
            Answer::Username => check::username(text, self.text(Answer::Server)),
            Answer::Token => {
                check::token(text, self.text(Answer::Server), self.text(Answer::Username))
            }
            // A Secret may be made without anybody who lists it.
            Answer::Account if text.is_empty() && matches!(self.ask, Ask::NewSecret { .. }) => None,
            Answer::Secret | Answer::Account | Answer::Deployment => check::subdomain(text),
        }
    }

    /// What to know about an answer before it is given.
    pub fn hint(&self, answer: Answer) -> String {
        let server = self.text(Answer::Server);
        let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
        let preset = presets::of_host(bare.split('/').next().unwrap_or_default());
        match (answer, preset) {
            (Answer::Username, Some(preset)) => preset.username.to_owned(),
            (Answer::Token, Some(preset)) if !preset.token.is_empty() => {
                format!("{} · {}", preset.token, preset.token_page)
            }
            (Answer::Server, Some(preset)) => preset.name.to_owned(),
            (Answer::Account, _) if self.text(Answer::Account) == "default" => {
                "everything in the namespace that names no other runs as default".to_owned()
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::World;

    fn typed(form: &mut Form, answer: Answer, text: &str) {
        form.focus = form
            .fields
            .iter()
            .position(|field| field.answer == answer)
            .unwrap();
        form.fields[form.focus].input = text.into();
        form.changed();
    }

    #[test]
    fn the_first_setup_follows_from_few_answers() {
        let mut form = Form::new(Ask::Setup { namespace: None }, None);
        typed(&mut form, Answer::Namespace, "shop");
        typed(&mut form, Answer::Image, "ghcr.io/acme/web_app:1");
        assert_eq!(form.text(Answer::Server), "ghcr.io");
        assert_eq!(form.text(Answer::Deployment), "web-app");
        let world = World::default();
        assert_eq!(form.plan(&world).unwrap_err(), 3, "the user is asked for");
        typed(&mut form, Answer::Username, "acme");
        typed(&mut form, Answer::Token, "ghp_0123456789");
        typed(&mut form, Answer::Account, "web");
        let plan = form.plan(&world).unwrap();
        let said: Vec<String> = plan.changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Create the namespace shop",
                "Create the pull Secret shop/regcred for ghcr.io as acme",
                "Create the ServiceAccount shop/web",
                "Create the Deployment shop/web-app with ghcr.io/acme/web_app:1",
            ]
        );
        let words = format!("{plan:?}{:?}", plan.commands());
        assert!(!words.contains("ghp_0123456789"), "{words}");
    }

    #[test]
    fn docker_hub_gets_its_own_server_string() {
        let mut form = Form::new(Ask::Setup { namespace: None }, None);
        typed(&mut form, Answer::Image, "acme/web:1");
        assert_eq!(form.text(Answer::Server), "https://index.docker.io/v1/");
        typed(&mut form, Answer::Server, "mirror.example");
        typed(&mut form, Answer::Image, "ghcr.io/acme/web:1");
        assert_eq!(
            form.text(Answer::Server),
            "mirror.example",
            "what was typed stays"
        );
    }
}
