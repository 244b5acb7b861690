//! A server in front of the API server: it hands on what it is asked, and answers wrongly where a test
//! wants that.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use http::{Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use kube::{Client, client::Body};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

/// What is done to an answer.
#[derive(Clone)]
pub enum Fault {
    /// Another answer is given: status, one header, body.
    Instead(u16, Option<(&'static str, &'static str)>, String),
    /// The request is handed on, and when it is done another answer is given.
    Afterwards(u16, String),
    /// A gateway gives up (504), and hands the request on only after the one that comes next.
    Late,
    /// So many bytes of the body come through, and then it ends as if that were all.
    Short(usize),
    /// So many bytes of the body come through, and then the connection breaks.
    Broken(usize),
    /// Each piece of the body is written anew.
    Rewritten(fn(&[u8]) -> Vec<u8>),
    /// This stands in front of the body.
    Behind(Vec<u8>),
}

/// Which requests a fault befalls.
pub type When = fn(&str) -> bool;

pub fn lists(uri: &str) -> bool {
    uri.contains("limit=") && !uri.contains("watch=true")
}

pub fn watches(uri: &str) -> bool {
    uri.contains("watch=true")
}

pub fn everything(_: &str) -> bool {
    true
}

struct Rule {
    when: When,
    /// How often it still happens.
    left: usize,
    fault: Fault,
}

/// One request: when it came, and what it asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    pub uri: String,
}

pub struct Front {
    client: Client,
    rules: Mutex<Vec<Rule>>,
    asked: Mutex<Vec<Asked>>,
    /// What a gateway still holds.
    held: Mutex<Option<Request<Body>>>,
    /// The bearer token without which the answer is 401.
    token: Mutex<Option<String>>,
    /// Ends with the front.
    serving: Mutex<JoinSet<()>>,
}

type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

impl Front {
    /// In front of what the client speaks to.
    pub async fn of(client: Client) -> (Arc<Self>, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let front = Arc::new(Self {
            client,
            rules: Mutex::default(),
            asked: Mutex::default(),
            held: Mutex::default(),
            token: Mutex::default(),
            serving: Mutex::default(),
        });
        let serving = serve(listener, Arc::downgrade(&front));
        front.serving.lock().unwrap().spawn(serving);
        (front, address)
    }

    /// Lets this befall the next so many requests that match.
    pub fn next(&self, times: usize, when: When, fault: Fault) {
        self.rules.lock().unwrap().push(Rule {
            when,
            left: times,
            fault,
        });
    }

    /// Lets it befall all that match, until it is healed.
    pub fn always(&self, when: When, fault: Fault) {
        self.next(usize::MAX, when, fault);
    }

    pub fn heal(&self) {
        self.rules.lock().unwrap().clear();
    }

    pub fn accept_only(&self, token: &str) {
        *self.token.lock().unwrap() = Some(format!("Bearer {token}"));
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn fault_of(&self, uri: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap();
        let rule = rules
            .iter_mut()
            .find(|rule| rule.left > 0 && (rule.when)(uri))?;
        rule.left -= 1;
        Some(rule.fault.clone())
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let uri = request.uri().to_string();
        self.asked.lock().unwrap().push(Asked {
            at: Instant::now(),
            uri: uri.clone(),
        });
        let carried = request.headers().get(header::AUTHORIZATION);
        let wanted = self.token.lock().unwrap().clone();
        if wanted.is_some_and(|wanted| carried.is_none_or(|carried| carried != wanted.as_str())) {
            return whole(401, None, r#"{"message":"Unauthorized","code":401}"#);
        }
        let fault = self.fault_of(&uri);
        if let Some(Fault::Instead(status, header, body)) = fault {
            return whole(status, header, &body);
        }
        let (mut head, body) = request.into_parts();
        head.headers.remove(header::AUTHORIZATION);
        head.headers.remove(header::HOST);
        let body = Body::from(body.collect().await.unwrap().to_bytes().to_vec());
        let request = Request::from_parts(head, body);
        if matches!(fault, Some(Fault::Late)) {
            *self.held.lock().unwrap() = Some(request);
            return whole(504, None, "<html>504 Gateway Time-out</html>");
        }
        let answer = self.client.send(request).await;
        let held = self.held.lock().unwrap().take();
        if let Some(held) = held {
            let _ = self.client.send(held).await;
        }
        match answer {
            Ok(answer) => match fault {
                Some(Fault::Afterwards(status, body)) => whole(status, None, &body),
                fault => disturbed(answer, fault),
            },
            Err(error) => whole(502, None, &error.to_string()),
        }
    }
}

fn whole(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> Answer {
    let mut answer = Response::builder().status(status);
    if let Some((name, value)) = header {
        answer = answer.header(name, value);
    }
    let body = stream::iter([Ok(Frame::data(Bytes::from(body.to_owned())))]);
    answer.body(StreamBody::new(body).boxed_unsync()).unwrap()
}

fn disturbed(answer: Response<Body>, fault: Option<Fault>) -> Answer {
    let (mut head, body) = answer.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let pieces = BodyStream::new(body).filter_map(async |frame| match frame {
        Ok(frame) => frame.into_data().ok().map(Ok),
        Err(error) => Some(Err(io::Error::other(error))),
    });
    // Whoever rewrites text leaves what is none as it is: lists may come as protobuf.
    let kind = head.headers.get(header::CONTENT_TYPE);
    let is_text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"));
    let fault = fault.filter(|fault| is_text || !matches!(fault, Fault::Rewritten(_)));
    let pieces: BoxStream<'static, io::Result<Bytes>> = match fault {
        None | Some(Fault::Instead(..) | Fault::Afterwards(..) | Fault::Late) => pieces.boxed(),
        Some(Fault::Short(bytes)) => first(bytes, pieces.boxed()),
        Some(Fault::Broken(bytes)) => first(bytes, pieces.boxed())
            .chain(stream::once(async {
                // What came before goes out on its own.
                tokio::task::yield_now().await;
                Err(io::ErrorKind::ConnectionReset.into())
            }))
            .boxed(),
        Some(Fault::Rewritten(rewrite)) => pieces
            .map(move |piece| piece.map(|piece| Bytes::from(rewrite(&piece))))
            .boxed(),
        Some(Fault::Behind(before)) => stream::iter([Ok(Bytes::from(before))])
            .chain(pieces)
            .boxed(),
    };
    let body = StreamBody::new(pieces.map(|piece| piece.map(Frame::data)));
    Response::from_parts(head, body.boxed_unsync())
}

fn first(
    bytes: usize,
    pieces: BoxStream<'static, io::Result<Bytes>>,
) -> BoxStream<'static, io::Result<Bytes>> {
    pieces
        .scan(bytes, |left, piece| {
            let piece = match piece {
                _ if *left == 0 => None,
                Ok(piece) => {
                    let piece = piece.slice(..piece.len().min(*left));
                    *left -= piece.len();
                    Some(Ok(piece))
                }
                Err(error) => Some(Err(error)),
            };
            async { piece }
        })
        .boxed()
}

async fn serve(listener: TcpListener, front: std::sync::Weak<Front>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let front = front.clone();
        connections.spawn(async move {
            let answer = service_fn(|request| {
                let front = front.upgrade();
                async move {
                    Ok::<_, Infallible>(match front {
                        Some(front) => front.answer(request).await,
                        None => whole(502, None, "gone"),
                    })
                }
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}
