//! Reading what an open view shows: an object whole, a container's log.

use futures::future::join;
use tokio::sync::mpsc;

use crate::{
    app::{message::Message, ticket::Ticket},
    cluster::{Connection, Trouble, read},
    domain::{logs::Source, objects::ObjectKey, problem::Problem},
};

/// Reads an object and answers with its document.
pub(super) async fn document(
    connection: Option<Connection>,
    ticket: Ticket,
    object: ObjectKey,
    answers: mpsc::Sender<Message>,
) {
    let answer = match connection {
        Some(connection) => read::document(&connection, &object)
            .await
            .map_err(|trouble| {
                let permission = format!("get {}", object.kind().to_lowercase());
                problem(&format!("cannot read {object}"), &permission, &trouble)
            }),
        None => Err(Problem::new("not connected")),
    };
    drop(
        answers
            .send(Message::Read(ticket, answer.map(Box::new)))
            .await,
    );
}

/// Pieces of a log that may wait for the loop; a program that writes faster waits itself.
const WAITING: usize = 4;

/// Follows a log; each piece is an answer, its end too.
pub(super) async fn log(
    connection: Option<Connection>,
    ticket: Ticket,
    source: Source,
    answers: mpsc::Sender<Message>,
) {
    let Some(connection) = connection else {
        let end = Err(Problem::new("not connected"));
        drop(answers.send(Message::LogEnded(ticket, end)).await);
        return;
    };
    let (pieces, mut lane) = mpsc::channel(WAITING);
    let reading = async {
        let end = read::log(&connection, &source, &pieces).await;
        drop(pieces);
        end
    };
    let telling = async {
        while let Some(lines) = lane.recv().await {
            if answers.send(Message::Logged(ticket, lines)).await.is_err() {
                break;
            }
        }
    };
    let (end, ()) = join(reading, telling).await;
    let end = end.map_err(|trouble| {
        let what = format!("no log of container {}", source.container);
        problem(&what, "get pods/log", &trouble)
    });
    drop(answers.send(Message::LogEnded(ticket, end)).await);
}

fn problem(what: &str, permission: &str, trouble: &Trouble) -> Problem {
    let problem = Problem::new(what).because(trouble.to_string());
    match trouble {
        Trouble::Forbidden(_) => problem.next(format!("ask for the permission to {permission}")),
        _ => problem,
    }
}
