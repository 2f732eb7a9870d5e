//! Where Redis is: one server, the primary that sentinels name, or a cluster.

use std::fmt;
use std::str::FromStr;

use ::redis::{ConnectionInfo, IntoConnectionInfo};

/// The port of a server where the URL names none.
const SERVER_PORT: u16 = 6_379;

/// The port of a sentinel where the URL names none.
const SENTINEL_PORT: u16 = 26_379;

/// Where Redis is, from a URL.
///
/// - `redis://USER:PASSWORD@HOST:PORT/DB`: one server, or the endpoint that a service gives.
/// - `redis-sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/DB?master=NAME`: the primary of that name;
///   the hosts are the sentinels, user and password the servers'. `&sentinel_password=` is theirs.
/// - `redis-cluster://USER:PASSWORD@HOST:PORT,HOST:PORT`: a cluster, by some of its nodes.
///
/// `rediss://`, `rediss-sentinel://` and `rediss-cluster://` are the same over TLS, with the
/// system's certificates. User, password, port and database may be left out; a password is
/// percent-encoded.
#[derive(Clone)]
pub struct Place(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    /// One server.
    Server(ConnectionInfo),
    /// Whichever server the sentinels name.
    Sentinels {
        sentinels: Vec<ConnectionInfo>,
        master: String,
        /// What a connection to it is like, but for its address.
        server: ConnectionInfo,
    },
    /// A cluster, by some of its nodes.
    Cluster(Vec<ConnectionInfo>),
}

/// The URL does not say where Redis is. The text never holds the password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPlace(String);

impl InvalidPlace {
    fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// The parts of a URL with any number of hosts.
struct Parts<'a> {
    tls: bool,
    form: &'a str,
    login: &'a str,
    hosts: Vec<&'a str>,
    database: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Result<Self, InvalidPlace> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| InvalidPlace::because("a URL begins with redis:// or rediss://"))?;
        let (family, form) = scheme.split_once('-').unwrap_or((scheme, ""));
        let tls = match family {
            "redis" => false,
            "rediss" => true,
            _ => {
                return Err(InvalidPlace::because(
                    "a URL begins with redis:// or rediss://",
                ));
            }
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        Ok(Self {
            tls,
            form,
            login,
            hosts: hosts.split(',').collect(),
            database,
            query,
        })
    }

    /// How to reach one of the hosts, read by the library from a URL of its own.
    fn host(&self, host: &str, login: &str, port: u16) -> Result<ConnectionInfo, InvalidPlace> {
        if host.is_empty() || host.starts_with(':') {
            return Err(InvalidPlace::because("a hostname is missing"));
        }
        let scheme = if self.tls { "rediss" } else { "redis" };
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && !port.contains(']'));
        let host = if has_port {
            host.to_owned()
        } else {
            format!("{host}:{port}")
        };
        let at = if login.is_empty() { "" } else { "@" };
        let database = self.database;
        format!("{scheme}://{login}{at}{host}/{database}")
            .into_connection_info()
            .map_err(|error| InvalidPlace::because(format!("{host}/{database}: {error}")))
    }

    fn servers(&self) -> Result<Vec<ConnectionInfo>, InvalidPlace> {
        let hosts = self.hosts.iter();
        hosts
            .map(|host| self.host(host, self.login, SERVER_PORT))
            .collect()
    }

    fn sentinels(&self) -> Result<Kind, InvalidPlace> {
        let (mut master, mut password) = (None, None);
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("master", name)) if !name.is_empty() => master = Some(name.to_owned()),
                Some(("sentinel_password", secret)) => password = Some(secret),
                _ => {
                    let name = pair.split('=').next().unwrap_or_default();
                    return Err(InvalidPlace::because(format!(
                        "{name} is not known; master=NAME and sentinel_password=PASSWORD are"
                    )));
                }
            }
        }
        let login = password.map_or_else(String::new, |secret| format!(":{secret}"));
        let sentinels = self.hosts.iter().map(|host| {
            let sentinel = self.host(host, &login, SENTINEL_PORT)?;
            let settings = sentinel.redis_settings().clone().set_db(0);
            Ok(sentinel.set_redis_settings(settings))
        });
        Ok(Kind::Sentinels {
            sentinels: sentinels.collect::<Result<_, _>>()?,
            master: master.ok_or_else(|| {
                InvalidPlace::because("sentinels are asked for a primary by name: ?master=NAME")
            })?,
            server: self.host("localhost", self.login, SERVER_PORT)?,
        })
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(url: &str) -> Result<Self, InvalidPlace> {
        let parts = Parts::of(url)?;
        if parts.form != "sentinel" && !parts.query.is_empty() {
            return Err(InvalidPlace::because(
                "nothing follows a ? but with sentinels",
            ));
        }
        let kind = match (parts.form, parts.hosts.as_slice()) {
            ("", [host]) => Kind::Server(parts.host(host, parts.login, SERVER_PORT)?),
            ("", _) => {
                return Err(InvalidPlace::because(
                    "several hosts are sentinels (redis-sentinel://) or a cluster (redis-cluster://)",
                ));
            }
            ("sentinel", _) => parts.sentinels()?,
            ("cluster", _) if !matches!(parts.database, "" | "0") => {
                return Err(InvalidPlace::because("a cluster has database 0 only"));
            }
            ("cluster", _) => Kind::Cluster(parts.servers()?),
            _ => {
                return Err(InvalidPlace::because(
                    "redis-sentinel:// and redis-cluster:// are known",
                ));
            }
        };
        Ok(Self(kind))
    }
}

/// The hosts, without what is secret.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |servers: &[ConnectionInfo]| {
            let servers = servers.iter().map(|server| server.addr().to_string());
            servers.collect::<Vec<_>>().join(",")
        };
        match &self.0 {
            Kind::Server(server) => write!(f, "{}", server.addr()),
            Kind::Sentinels {
                sentinels, master, ..
            } => write!(f, "{master} of {}", list(sentinels)),
            Kind::Cluster(nodes) => write!(f, "cluster {}", list(nodes)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// The same server settings at another address.
pub(super) fn at(server: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    use ::redis::ConnectionAddr::{Tcp, TcpTls, Unix};
    let addr = match server.addr() {
        TcpTls {
            insecure,
            tls_params,
            ..
        } => TcpTls {
            host: host.to_owned(),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        // `Place` makes no Unix socket; the enum may grow.
        Tcp(..) | Unix(_) | _ => Tcp(host.to_owned(), port),
    };
    server.clone().set_addr(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Kind {
        url.parse::<Place>().expect("a place").0
    }

    /// What is said to a server after the connection is made.
    fn login(server: &ConnectionInfo) -> (Option<&str>, Option<&str>, i64) {
        let settings = server.redis_settings();
        (settings.username(), settings.password(), settings.db())
    }

    fn mistake(url: &str) -> String {
        url.parse::<Place>().expect_err("a mistake").to_string()
    }

    #[test]
    fn one_server_with_everything() {
        let Kind::Server(server) = place("redis://mina:p%40ss@redis.example:6380/3") else {
            panic!("one server")
        };
        assert_eq!(server.addr().to_string(), "redis.example:6380");
        assert_eq!(login(&server), (Some("mina"), Some("p@ss"), 3));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let Kind::Server(server) = place("redis://localhost") else {
            panic!("one server")
        };
        assert_eq!(server.addr().to_string(), "localhost:6379");
        assert_eq!(login(&server), (None, None, 0));
        let Kind::Server(server) = place("redis://[::1]") else {
            panic!("one server")
        };
        assert_eq!(server.addr().to_string(), "::1:6379");
    }

    #[test]
    fn tls_is_in_the_scheme() {
        let Kind::Server(server) = place("rediss://:secret@cache.example") else {
            panic!("one server")
        };
        assert!(matches!(
            server.addr(),
            ::redis::ConnectionAddr::TcpTls {
                insecure: false,
                ..
            }
        ));
        assert!(matches!(
            at(&server, "other", 1).addr(),
            ::redis::ConnectionAddr::TcpTls { host, port: 1, .. } if host == "other"
        ));
    }

    #[test]
    fn sentinels_name_a_primary_and_have_a_password_of_their_own() {
        let url = "redis-sentinel://:data@a,b:1,c/2?master=main&sentinel_password=watch";
        let Kind::Sentinels {
            sentinels,
            master,
            server,
        } = place(url)
        else {
            panic!("sentinels")
        };
        let hosts: Vec<_> = sentinels.iter().map(|s| s.addr().to_string()).collect();
        assert_eq!(hosts, ["a:26379", "b:1", "c:26379"]);
        assert_eq!(master, "main");
        assert_eq!(login(&sentinels[0]), (None, Some("watch"), 0));
        assert_eq!(login(&server), (None, Some("data"), 2));
    }

    #[test]
    fn a_cluster_is_known_by_some_of_its_nodes() {
        let Kind::Cluster(nodes) = place("rediss-cluster://a:7000,b:7000") else {
            panic!("a cluster")
        };
        assert_eq!(nodes.len(), 2);
    }

    #[test]
    fn mistakes_are_told_without_the_password() {
        for (url, told) in [
            ("localhost:6379", "begins with redis://"),
            ("http://localhost", "begins with redis://"),
            ("redis-ring://localhost", "redis-cluster://"),
            ("redis://hush@a,b", "several hosts"),
            ("redis://:hush@localhost/one", "database"),
            ("redis://:hush@localhost?x=hush", "nothing follows"),
            ("redis-sentinel://:hush@a", "?master=name"),
            (
                "redis-sentinel://:hush@a?quorum=hush",
                "quorum is not known",
            ),
            ("redis-cluster://:hush@a/1", "database 0 only"),
            ("redis://:hush@", "hostname"),
        ] {
            let mistake = mistake(url);
            assert!(mistake.to_lowercase().contains(told), "{url}: {mistake}");
            assert!(!mistake.contains("hush"), "{url}: {mistake}");
        }
    }

    #[test]
    fn a_place_is_shown_without_the_password() {
        for url in [
            "redis://u:hush@a:1/2",
            "redis-sentinel://u:hush@a,b?master=m&sentinel_password=hush",
            "redis-cluster://:hush@a,b",
        ] {
            let place: Place = url.parse().expect("a place");
            assert!(!format!("{place} {place:?}").contains("hush"), "{place}");
        }
    }
}
