//! First steps of a pull: from an image's name to an HTTP connection.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use rustls::ClientConfig;
use tokio::{io::DuplexStream, net::TcpStream};
use tokio_rustls::client::TlsStream;

use super::{
    super::{
        dial::{self, Socket},
        proxy::Proxy,
        settings::PlainHttp,
        transport::{Network, Transport},
        trust::{Security, ServerOrigin},
    },
    PullSequence, TimeLimit,
};
use crate::domain::probe::{ProbeError, ProbeStage, StepResult, Unencrypted};

/// Host that serves images of `docker.io`.
const HUB: &str = "registry-1.docker.io";

/// A connection to the registry, with or without TLS.
enum RegistryStream {
    Tls(Box<TlsStream<Socket>>),
    Plain(Socket, Unencrypted),
    /// Through a proxy that hands requests on.
    Forwarded(Socket, Proxy, Unencrypted),
    /// In another network than the machine's; encrypted, unless said otherwise.
    Custom(DuplexStream, Option<Unencrypted>),
}

impl PullSequence<'_> {
    /// Performs the steps resolve, connect and TLS.
    pub(super) async fn establish(&mut self) -> Option<ServerOrigin> {
        let security = match self.settings.plain_http {
            PlainHttp::Loopback => Security::Tls,
            PlainHttp::Registry => Security::Plain,
        };
        let host = if self.image.is_on_docker_hub() {
            HUB
        } else {
            self.image.host()
        };
        let Some(origin) = ServerOrigin::from_registry(host, security) else {
            let began = Instant::now();
            return self.record_step(
                ProbeStage::Resolve,
                host,
                began,
                Err(ProbeError::UnknownHost),
            );
        };
        match self.transport.clone() {
            Transport::System(tls) => self.connect_by_sockets(origin, tls).await,
            Transport::Custom(network) => self.connect_over_network(origin, &*network).await,
        }
    }

    async fn connect_by_sockets(
        &mut self,
        origin: ServerOrigin,
        tls: Arc<ClientConfig>,
    ) -> Option<ServerOrigin> {
        let proxy = self.settings.proxies.for_origin(&origin);
        self.proxy = proxy.as_ref().map(Proxy::authority);
        let server = proxy.as_ref().map_or(&origin, |proxy| &proxy.server);
        let (stream, address) = self.connect(server).await?;
        let host = origin.authority();
        let Some(proxy) = proxy else {
            let began = Instant::now();
            let reached = self
                .with_timeout(self.tls_or_plain(&origin, Box::new(stream), address, tls))
                .await;
            let found = match reached {
                Ok(reached) => self.start_http(&origin, Some(address.ip()), reached).await,
                Err(failure) => Err(failure),
            };
            return self.record_step(ProbeStage::Tls, &host, began, found);
        };

        let began = Instant::now();
        let led = self
            .with_timeout(tunnel_if_needed(
                &proxy,
                Box::new(stream),
                &origin,
                Arc::clone(&tls),
            ))
            .await;
        let found = led.map(|socket| (StepResult::ProxyConnected { to: host.clone() }, socket));
        let socket = self.record_step(ProbeStage::Proxy, &proxy.authority(), began, found)?;

        let began = Instant::now();
        let reached = self
            .with_timeout(self.tls_or_plain_via_proxy(&proxy, &origin, socket, tls))
            .await;
        let found = match reached {
            Ok(reached) => self.start_http(&origin, None, reached).await,
            Err(failure) => Err(failure),
        };
        self.record_step(ProbeStage::Tls, &host, began, found)
    }

    /// Resolve, connect: to the registry, or to the proxy before it.
    async fn connect(&mut self, server: &ServerOrigin) -> Option<(TcpStream, SocketAddr)> {
        let host = server.authority();

        let began = Instant::now();
        let resolving = dial::resolve(server, &self.settings.addresses);
        let addresses = self.with_timeout(resolving).await;
        let found = addresses.map(|list| {
            (
                StepResult::Addresses(list.iter().map(SocketAddr::ip).collect()),
                list,
            )
        });
        let addresses = self.record_step(ProbeStage::Resolve, &host, began, found)?;

        let began = Instant::now();
        let connecting = dial::connect(&addresses, self.settings.limits.step);
        let connected = self.with_timeout(connecting).await;
        let found = connected.and_then(|stream| match stream.peer_addr() {
            Ok(address) => Ok((StepResult::Connected(address), (stream, address))),
            Err(error) => Err(dial::io_failure(&error)),
        });
        self.record_step(ProbeStage::Connect, &host, began, found)
    }

    /// The same steps in a network that tells how each of them ends.
    async fn connect_over_network(
        &mut self,
        origin: ServerOrigin,
        network: &dyn Network,
    ) -> Option<ServerOrigin> {
        let host = origin.authority();

        let began = Instant::now();
        let found = network.resolve(&host);
        let found = found.map(|address| (StepResult::Addresses(vec![address]), address));
        let address = self.record_step(ProbeStage::Resolve, &host, began, found)?;

        let began = Instant::now();
        let address = SocketAddr::new(address, origin.port);
        let connected = network.connect(&host);
        let found = connected.map(|()| (StepResult::Connected(address), ()));
        self.record_step(ProbeStage::Connect, &host, began, found)?;

        let began = Instant::now();
        let found = match open(network, &origin) {
            Ok(reached) => self.start_http(&origin, Some(address.ip()), reached).await,
            Err(failure) => Err(failure),
        };
        self.record_step(ProbeStage::Tls, &host, began, found)
    }

    /// TLS; or plain HTTP where that was chosen, and, when they speak nothing better, to this machine and
    /// to the hosts that are called insecure.
    async fn tls_or_plain(
        &self,
        origin: &ServerOrigin,
        stream: Socket,
        address: SocketAddr,
        tls: Arc<ClientConfig>,
    ) -> Result<RegistryStream, ProbeError> {
        if origin.security == Security::Plain {
            return Ok(RegistryStream::Plain(stream, Unencrypted::Chosen));
        }
        let securing = dial::secure(stream, origin, Some(address), tls);
        let why = if origin.is_loopback() {
            Unencrypted::Loopback
        } else if self.settings.allows_plain(self.image.host()) {
            Unencrypted::Chosen
        } else {
            return Ok(RegistryStream::Tls(Box::new(securing.await?)));
        };
        // A small server that waits for the end of a line says nothing to the greeting of TLS.
        let limit = self.time_limit();
        let shorter = TimeLimit {
            step: limit.step / 4,
            ..limit
        };
        match shorter.run(securing).await {
            Ok(stream) => Ok(RegistryStream::Tls(Box::new(stream))),
            Err(
                failure @ (ProbeError::SpeaksPlainHttp
                | ProbeError::Timeout(_)
                | ProbeError::Reset
                | ProbeError::Handshake(_)),
            ) => match dial::connect_plain(origin, address).await {
                Some(stream) => Ok(RegistryStream::Plain(Box::new(stream), why)),
                None => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }

    /// The same behind a proxy, which tells nothing of what else the other side speaks.
    async fn tls_or_plain_via_proxy(
        &self,
        proxy: &Proxy,
        origin: &ServerOrigin,
        socket: Socket,
        tls: Arc<ClientConfig>,
    ) -> Result<RegistryStream, ProbeError> {
        if proxy.is_absolute_form(origin) {
            return Ok(RegistryStream::Forwarded(
                socket,
                proxy.clone(),
                Unencrypted::Chosen,
            ));
        }
        if origin.security == Security::Plain {
            return Ok(RegistryStream::Plain(socket, Unencrypted::Chosen));
        }
        let stream = dial::secure(socket, origin, None, tls).await?;
        Ok(RegistryStream::Tls(Box::new(stream)))
    }

    async fn start_http(
        &mut self,
        origin: &ServerOrigin,
        address: Option<IpAddr>,
        reached: RegistryStream,
    ) -> Result<(StepResult, ServerOrigin), ProbeError> {
        match reached {
            RegistryStream::Tls(stream) => {
                let version = stream.get_ref().1.protocol_version();
                let protocol = version
                    .and_then(|version| version.as_str())
                    .unwrap_or("TLS");
                let protocol = protocol.replace("v1_", " 1.");
                self.client
                    .insert_registry(origin, address, *stream, None)
                    .await?;
                Ok((StepResult::Encrypted { protocol }, origin.clone()))
            }
            RegistryStream::Plain(stream, why) => {
                let origin = origin.plain();
                self.client
                    .insert_registry(&origin, address, stream, None)
                    .await?;
                Ok((StepResult::Unencrypted(why), origin))
            }
            RegistryStream::Forwarded(stream, proxy, why) => {
                self.client
                    .insert_registry(origin, address, stream, Some(proxy))
                    .await?;
                Ok((StepResult::Unencrypted(why), origin.clone()))
            }
            RegistryStream::Custom(stream, None) => {
                self.client
                    .insert_registry(origin, address, stream, None)
                    .await?;
                let protocol = "TLS 1.3".to_owned();
                Ok((StepResult::Encrypted { protocol }, origin.clone()))
            }
            RegistryStream::Custom(stream, Some(why)) => {
                let origin = origin.plain();
                self.client
                    .insert_registry(&origin, address, stream, None)
                    .await?;
                Ok((StepResult::Unencrypted(why), origin))
            }
        }
    }
}

/// Where the proxy has to lead on to the registry, it does; otherwise requests are given to it.
async fn tunnel_if_needed(
    proxy: &Proxy,
    socket: Socket,
    origin: &ServerOrigin,
    tls: Arc<ClientConfig>,
) -> Result<Socket, ProbeError> {
    let socket = proxy.tls_to_proxy(socket, tls).await?;
    if proxy.is_absolute_form(origin) {
        return Ok(socket);
    }
    proxy.open_tunnel(socket, origin).await
}

fn open(network: &dyn Network, origin: &ServerOrigin) -> Result<RegistryStream, ProbeError> {
    let host = origin.authority();
    let opened = network.open(&host, origin.security);
    if origin.security == Security::Plain {
        return Ok(RegistryStream::Custom(opened?, Some(Unencrypted::Chosen)));
    }
    match opened {
        Err(ProbeError::SpeaksPlainHttp) if origin.is_loopback() => {
            let stream = network.open(&host, Security::Plain)?;
            Ok(RegistryStream::Custom(stream, Some(Unencrypted::Loopback)))
        }
        opened => Ok(RegistryStream::Custom(opened?, None)),
    }
}
