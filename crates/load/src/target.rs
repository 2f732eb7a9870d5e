//! Where the server is.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, ensure};
use hyper::Uri;
use tokio::net::{TcpSocket, TcpStream};

/// A server's address, resolved once, so that no request pays for a name lookup.
#[derive(Clone, Debug)]
pub struct Target {
    host: String,
    address: SocketAddr,
    base_path: String,
}

impl Target {
    /// Reads `http://host[:port][/base]` and resolves its name.
    ///
    /// Only plain HTTP: encryption would cost the generator the processor time that it is here to
    /// give to the server.
    pub async fn resolve(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("{url:?} is not a URL"))?;
        ensure!(
            uri.scheme_str() == Some("http"),
            "{url:?} must begin with http://"
        );
        ensure!(uri.query().is_none(), "{url:?} must not have a query");
        let authority = uri
            .authority()
            .with_context(|| format!("{url:?} names no host"))?;
        let name = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let address = tokio::net::lookup_host((name, authority.port_u16().unwrap_or(80)))
            .await
            .with_context(|| format!("cannot resolve {name}"))?
            .next()
            .with_context(|| format!("{name} has no address"))?;
        Ok(Self {
            host: authority.as_str().to_owned(),
            address,
            base_path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// What the `Host` header says.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What stands before every path.
    pub(crate) fn base_path(&self) -> &str {
        &self.base_path
    }

    /// The path of a request, below the base path of the URL.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base_path)
    }

    /// Opens a connection that sends small requests at once.
    pub async fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Opens a connection from this address. A pair of addresses has no more than some 28,000
    /// ports; several sources on the loopback have as many each.
    pub(crate) async fn connect_from(&self, source: Ipv4Addr) -> std::io::Result<TcpStream> {
        let SocketAddr::V4(_) = self.address else {
            return self.connect().await;
        };
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Whether the server is on this machine, where any loopback address may be a source.
    pub(crate) fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_base_path_goes_before_every_path() {
        let target = Target::resolve("http://127.0.0.1:8080/shop/")
            .await
            .unwrap();

        assert_eq!(target.path("/api/events"), "/shop/api/events");
        assert_eq!(target.host(), "127.0.0.1:8080");
    }

    #[tokio::test]
    async fn an_address_of_version_six_is_understood() {
        let target = Target::resolve("http://[::1]:8080").await.unwrap();

        assert_eq!(target.address, "[::1]:8080".parse().unwrap());
    }

    #[tokio::test]
    async fn what_is_not_plain_http_is_refused() {
        for url in [
            "https://127.0.0.1",
            "127.0.0.1:8080",
            "http://127.0.0.1/?a=b",
            "nonsense",
        ] {
            assert!(Target::resolve(url).await.is_err(), "{url}");
        }
    }
}
