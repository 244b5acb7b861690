//! Fetching a Secret's values for somebody who has asked to see them.

use tokio::sync::mpsc;

use crate::{
    app::{message::Message, ticket::Ticket},
    cluster::{Connection, Trouble, fetch},
    domain::{
        dockerconfig::Config, key::Key, objects::Secret, problem::Problem, rights::Permission,
    },
};

pub(super) async fn reveal(
    connection: Option<Connection>,
    ticket: Ticket,
    secret: Key<Secret>,
    answers: mpsc::Sender<Message>,
) {
    let answer = match connection {
        Some(connection) => values(&connection, &secret).await,
        None => Err(Problem::new("not connected")),
    };
    drop(answers.send(Message::Revealed(ticket, answer)).await);
}

async fn values(connection: &Connection, secret: &Key<Secret>) -> Result<Option<Config>, Problem> {
    match fetch::pull_secret(connection, secret).await {
        Ok(found) => Ok(found.config),
        Err(trouble) => Err(unseen(secret, &trouble)),
    }
}

fn unseen(secret: &Key<Secret>, trouble: &Trouble) -> Problem {
    let problem = Problem::new(format!("cannot read Secret {secret}")).because(trouble.to_string());
    let Trouble::Forbidden(_) = trouble else {
        return problem;
    };
    let missing = Permission {
        verb: "get".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: Some(secret.namespace.clone()),
    };
    problem.next(format!("ask for the permission to {missing}"))
}
