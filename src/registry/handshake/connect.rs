//! The first steps: from an image's name to a connection on which HTTP is spoken.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use rustls::ClientConfig;
use tokio::{io::DuplexStream, net::TcpStream};
use tokio_rustls::client::TlsStream;

use super::{
    super::{
        dial::{self, Socket},
        proxy::Proxy,
        settings::PlainHttp,
        transport::{Network, Road},
        trust::{Origin, Security},
    },
    Walk, timed,
};
use crate::domain::probe::{ProbeError, ProbeStage, StepResult, Unencrypted};

/// Where images of `docker.io` are served.
const HUB: &str = "registry-1.docker.io";

/// A connection to the registry, with or without TLS.
enum Reached {
    Tls(Box<TlsStream<Socket>>),
    Plain(Socket, Unencrypted),
    /// Through a proxy that hands requests on.
    Forwarded(Socket, Proxy, Unencrypted),
    /// In another network than the machine's; encrypted, unless said otherwise.
    Given(DuplexStream, Option<Unencrypted>),
}

impl Walk<'_> {
    /// Resolve, connect, TLS.
    pub(super) async fn reach(&mut self) -> Option<Origin> {
        let security = match self.settings.plain_http {
            PlainHttp::Loopback => Security::Tls,
            PlainHttp::Registry => Security::Plain,
        };
        let host = if self.image.is_on_docker_hub() {
            HUB
        } else {
            self.image.host()
        };
        let Some(origin) = Origin::of_registry(host, security) else {
            let began = Instant::now();
            return self.note(
                ProbeStage::Resolve,
                host,
                began,
                Err(ProbeError::UnknownHost),
            );
        };
        match self.road.clone() {
            Road::Machine(tls) => self.reach_by_sockets(origin, tls).await,
            Road::Given(network) => self.reach_over(origin, &*network).await,
        }
    }

    async fn reach_by_sockets(&mut self, origin: Origin, tls: Arc<ClientConfig>) -> Option<Origin> {
        let proxy = self.settings.proxies.before(&origin);
        self.proxy = proxy.as_ref().map(Proxy::authority);
        let server = proxy.as_ref().map_or(&origin, |proxy| &proxy.server);
        let (stream, address) = self.connect(server).await?;
        let host = origin.authority();
        let Some(proxy) = proxy else {
            let began = Instant::now();
            let reached = self
                .within(self.shield(&origin, Box::new(stream), address, tls))
                .await;
            let found = match reached {
                Ok(reached) => self.begin(&origin, reached).await,
                Err(failure) => Err(failure),
            };
            return self.note(ProbeStage::Tls, &host, began, found);
        };

        let began = Instant::now();
        let led = self
            .within(lead(&proxy, Box::new(stream), &origin, Arc::clone(&tls)))
            .await;
        let found = led.map(|socket| (StepResult::ProxyConnected { to: host.clone() }, socket));
        let socket = self.note(ProbeStage::Proxy, &proxy.authority(), began, found)?;

        let began = Instant::now();
        let reached = self
            .within(self.shield_behind(&proxy, &origin, socket, tls))
            .await;
        let found = match reached {
            Ok(reached) => self.begin(&origin, reached).await,
            Err(failure) => Err(failure),
        };
        self.note(ProbeStage::Tls, &host, began, found)
    }

    /// Resolve, connect: to the registry, or to the proxy before it.
    async fn connect(&mut self, server: &Origin) -> Option<(TcpStream, SocketAddr)> {
        let host = server.authority();

        let began = Instant::now();
        let resolving = dial::resolve(server, &self.settings.addresses);
        let addresses = self.within(resolving).await;
        let found = addresses.map(|list| {
            (
                StepResult::Addresses(list.iter().map(SocketAddr::ip).collect()),
                list,
            )
        });
        let addresses = self.note(ProbeStage::Resolve, &host, began, found)?;

        let began = Instant::now();
        let connected = dial::connect(&addresses, self.settings.limits.step).await;
        let found = connected.and_then(|stream| match stream.peer_addr() {
            Ok(address) => Ok((StepResult::Connected(address), (stream, address))),
            Err(error) => Err(dial::io_failure(&error)),
        });
        self.note(ProbeStage::Connect, &host, began, found)
    }

    /// The same steps in a network that tells how each of them ends.
    async fn reach_over(&mut self, origin: Origin, network: &dyn Network) -> Option<Origin> {
        let host = origin.authority();

        let began = Instant::now();
        let found = network.resolve(&host);
        let found = found.map(|address| (StepResult::Addresses(vec![address]), address));
        let address = self.note(ProbeStage::Resolve, &host, began, found)?;

        let began = Instant::now();
        let address = SocketAddr::new(address, origin.port);
        let connected = network.connect(&host);
        let found = connected.map(|()| (StepResult::Connected(address), ()));
        self.note(ProbeStage::Connect, &host, began, found)?;

        let began = Instant::now();
        let found = match open(network, &origin) {
            Ok(reached) => self.begin(&origin, reached).await,
            Err(failure) => Err(failure),
        };
        self.note(ProbeStage::Tls, &host, began, found)
    }

    /// TLS; or plain HTTP where that was chosen, and, when they speak nothing better, to this machine and
    /// to the hosts that are called insecure.
    async fn shield(
        &self,
        origin: &Origin,
        stream: Socket,
        address: SocketAddr,
        tls: Arc<ClientConfig>,
    ) -> Result<Reached, ProbeError> {
        if origin.security == Security::Plain {
            return Ok(Reached::Plain(stream, Unencrypted::Chosen));
        }
        let securing = dial::secure(stream, origin, Some(address), tls);
        let why = if origin.is_loopback() {
            Unencrypted::Loopback
        } else if self.settings.allows_plain(self.image.host()) {
            Unencrypted::Chosen
        } else {
            return Ok(Reached::Tls(Box::new(securing.await?)));
        };
        // A small server that waits for the end of a line says nothing to the greeting of TLS.
        match timed(self.settings.limits.step / 4, securing).await {
            Ok(stream) => Ok(Reached::Tls(Box::new(stream))),
            Err(
                failure @ (ProbeError::SpeaksPlainHttp
                | ProbeError::Timeout(_)
                | ProbeError::Reset
                | ProbeError::Handshake(_)),
            ) => match dial::connect_plain(origin, address).await {
                Some(stream) => Ok(Reached::Plain(Box::new(stream), why)),
                None => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }

    /// The same behind a proxy, which tells nothing of what else the other side speaks.
    async fn shield_behind(
        &self,
        proxy: &Proxy,
        origin: &Origin,
        socket: Socket,
        tls: Arc<ClientConfig>,
    ) -> Result<Reached, ProbeError> {
        if proxy.forwards(origin) {
            return Ok(Reached::Forwarded(
                socket,
                proxy.clone(),
                Unencrypted::Chosen,
            ));
        }
        if origin.security == Security::Plain {
            return Ok(Reached::Plain(socket, Unencrypted::Chosen));
        }
        let stream = dial::secure(socket, origin, None, tls).await?;
        Ok(Reached::Tls(Box::new(stream)))
    }

    async fn begin(
        &mut self,
        origin: &Origin,
        reached: Reached,
    ) -> Result<(StepResult, Origin), ProbeError> {
        match reached {
            Reached::Tls(stream) => {
                let version = stream.get_ref().1.protocol_version();
                let protocol = version
                    .and_then(|version| version.as_str())
                    .unwrap_or("TLS");
                let protocol = protocol.replace("v1_", " 1.");
                self.exchange.adopt(origin, *stream, None).await?;
                Ok((StepResult::Encrypted { protocol }, origin.clone()))
            }
            Reached::Plain(stream, why) => {
                let origin = origin.plain();
                self.exchange.adopt(&origin, stream, None).await?;
                Ok((StepResult::Unencrypted(why), origin))
            }
            Reached::Forwarded(stream, proxy, why) => {
                self.exchange.adopt(origin, stream, Some(proxy)).await?;
                Ok((StepResult::Unencrypted(why), origin.clone()))
            }
            Reached::Given(stream, None) => {
                self.exchange.adopt(origin, stream, None).await?;
                let protocol = "TLS 1.3".to_owned();
                Ok((StepResult::Encrypted { protocol }, origin.clone()))
            }
            Reached::Given(stream, Some(why)) => {
                let origin = origin.plain();
                self.exchange.adopt(&origin, stream, None).await?;
                Ok((StepResult::Unencrypted(why), origin))
            }
        }
    }
}

/// Where the proxy has to lead on to the registry, it does; otherwise requests are given to it.
async fn lead(
    proxy: &Proxy,
    socket: Socket,
    origin: &Origin,
    tls: Arc<ClientConfig>,
) -> Result<Socket, ProbeError> {
    let socket = proxy.greet(socket, tls).await?;
    if proxy.forwards(origin) {
        return Ok(socket);
    }
    proxy.lead(socket, origin).await
}

fn open(network: &dyn Network, origin: &Origin) -> Result<Reached, ProbeError> {
    let host = origin.authority();
    let opened = network.open(&host, origin.security);
    if origin.security == Security::Plain {
        return Ok(Reached::Given(opened?, Some(Unencrypted::Chosen)));
    }
    match opened {
        Err(ProbeError::SpeaksPlainHttp) if origin.is_loopback() => {
            let stream = network.open(&host, Security::Plain)?;
            Ok(Reached::Given(stream, Some(Unencrypted::Loopback)))
        }
        opened => Ok(Reached::Given(opened?, None)),
    }
}
