//! The operator's guide by sections, with the user's objects in place of the examples.
//!
//! It is written once, in `assets/guide.md`. It must not know how it is shown.

use super::diagnostics::ChainLink;

const TEXT: &str = include_str!("../../assets/guide.md");

/// A section of the guide, `G0` to `G9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Section(u8);

impl Section {
    pub const BIG_PICTURE: Self = Self(0);
    pub const NAMESPACE: Self = Self(2);
    pub const SECRET: Self = Self(3);
    pub const ACCOUNT: Self = Self(4);
    pub const WORKLOAD: Self = Self(5);
    pub const INSIDE: Self = Self(6);
    pub const VERIFY: Self = Self(7);
    pub const ERRORS: Self = Self(8);
    pub const PRACTICES: Self = Self(9);

    /// The section about this link of the chain.
    pub fn for_link(link: ChainLink) -> Self {
        match link {
            ChainLink::Secret => Self::SECRET,
            ChainLink::Provider => Self::PRACTICES,
            ChainLink::Account => Self::ACCOUNT,
            ChainLink::Image | ChainLink::Registry => Self::ERRORS,
            ChainLink::Pod => Self::INSIDE,
            ChainLink::Node => Self::VERIFY,
        }
    }

    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..=9).map(Self)
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1) % 10)
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self((self.0 + 9) % 10)
    }

    /// `G3 Create the Docker registry Secret (the most important step)`
    pub fn title(self) -> &'static str {
        self.parts().0
    }

    /// The text, in Markdown.
    pub fn body(self) -> &'static str {
        self.parts().1
    }

    fn parts(self) -> (&'static str, &'static str) {
        let begin = format!("G{} ", self.0);
        let found = TEXT.split("\n## ").find(|part| part.starts_with(&begin));
        let (title, body) = found
            .and_then(|part| part.split_once('\n'))
            .expect("the guide has sections G0 to G9: tested below");
        (title, body.trim())
    }
}

/// The user's objects that replace the guide's examples; `None` keeps the example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Substitutions {
    pub namespace: Option<String>,
    pub secret: Option<String>,
    pub account: Option<String>,
    pub workload: Option<String>,
    pub image: Option<String>,
    pub server: Option<String>,
    pub user: Option<String>,
    pub pod: Option<String>,
}

impl Substitutions {
    /// Fills these objects into a line of the guide.
    pub fn render(&self, line: &str) -> String {
        let namespace = self.namespace.as_deref();
        let in_namespace = |form: &str| namespace.map(|name| form.replace("app", name));
        // Longer examples first: the namespace's name is part of others.
        let own = [
            (
                "docker.io/myusername/my-private-image:latest",
                self.image.clone(),
            ),
            ("https://index.docker.io/v1/", self.server.clone()),
            ("DOCKERHUB_USERNAME", self.user.clone()),
            ("dockerhub-secret", self.secret.clone()),
            ("private-app", self.workload.clone()),
            ("app-sa", self.account.clone()),
            ("<pod-name>", self.pod.clone()),
            ("-n app", in_namespace("-n app")),
            ("namespace: app", in_namespace("namespace: app")),
            ("namespace app", in_namespace("namespace app")),
        ];
        let mut told = String::new();
        let mut rest = line;
        'next: while let Some(first) = rest.chars().next() {
            for (example, own) in &own {
                if let (Some(own), Some(after)) = (own, rest.strip_prefix(example))
                    && ends_a_word(after)
                {
                    told.push_str(own);
                    rest = after;
                    continue 'next;
                }
            }
            told.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
        told
    }
}

fn ends_a_word(after: &str) -> bool {
    !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_title_and_a_text() {
        for (number, section) in Section::all().enumerate() {
            assert!(section.title().starts_with(&format!("G{number} ")));
            assert!(section.body().len() > 20, "{}", section.title());
        }
        assert_eq!(Section::PRACTICES.next(), Section::BIG_PICTURE);
        assert_eq!(Section::BIG_PICTURE.previous(), Section::PRACTICES);
    }

    #[test]
    fn the_guide_speaks_of_the_users_objects() {
        let own = Substitutions {
            namespace: Some("shop".into()),
            secret: Some("regcred".into()),
            account: Some("checkout".into()),
            ..Substitutions::default()
        };
        assert_eq!(
            own.render("kubectl get secret dockerhub-secret -n app"),
            "kubectl get secret regcred -n shop"
        );
        assert_eq!(
            own.render("serviceAccountName: app-sa"),
            "serviceAccountName: checkout"
        );
        assert_eq!(own.render("  namespace: app"), "  namespace: shop");
        assert_eq!(
            own.render("name: private-app"),
            "name: private-app",
            "not known: the example"
        );
        assert_eq!(
            own.render("kubectl apply -n apple"),
            "kubectl apply -n apple"
        );
    }

    #[test]
    fn what_is_put_in_is_not_looked_through_again() {
        let own = Substitutions {
            secret: Some("private-app".into()),
            workload: Some("web".into()),
            ..Substitutions::default()
        };
        assert_eq!(
            own.render("dockerhub-secret of private-app"),
            "private-app of web"
        );
    }
}
