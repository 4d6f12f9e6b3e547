//! https as in front of a real portal: an own certificate authority, and a proxy that ends TLS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Whom the clients trust instead of the system's authorities.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes an authority, and a certificate of `localhost`.
    pub fn found(folder: &Path) -> Self {
        std::fs::write(
            folder.join("leaf.cnf"),
            "subjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n",
        )
        .unwrap();
        for command in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
             -subj /CN=authority -addext keyUsage=critical,keyCertSign",
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.csr -subj /CN=localhost",
            "x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -days 2 -extfile leaf.cnf -out tls.pem",
        ] {
            run(Command::new("openssl").args(command.split_whitespace()).current_dir(folder));
        }
        Self { folder: folder.to_owned() }
    }

    /// The authority's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The same for Java.
    pub fn trust_store(&self) -> PathBuf {
        let store = self.folder.join("trust.p12");
        let import = "-importcert -noprompt -alias portal -file ca.pem -storetype PKCS12 -storepass changeit -keystore";
        run(Command::new("keytool").args(import.split_whitespace()).arg(&store).current_dir(&self.folder));
        store
    }

    /// Hands on what comes by TLS to the portal.
    pub fn stand_in_front(&self, listener: TcpListener, portal: SocketAddr) {
        let certificate = CertificateDer::from_pem_file(self.folder.join("tls.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.folder.join("tls.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await?;
                    let mut portal = TcpStream::connect(portal).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut portal).await
                });
            }
        });
    }
}

/// Runs a tool to its end.
fn run(command: &mut Command) {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{tool}: {error}; tests/run installs it"));
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
}
