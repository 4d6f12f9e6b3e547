//! A relying party as a process: it listens on loopback, and gets its settings from the environment.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A minute: a Java program is compiled first, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file or folder of `tests/clients`.
pub fn client(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(path)
}

/// The same, which `tests/run` installs or builds.
pub fn installed(path: &str) -> PathBuf {
    let path = client(path);
    assert!(path.exists(), "{} isn't there: tests/run installs it", path.display());
    path
}

/// A running relying party; it ends with the value.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it, and waits until it listens at the address.
    pub async fn start(command: &mut Command, address: SocketAddr, log: PathBuf) -> Self {
        let tool = command.get_program().to_string_lossy().into_owned();
        let file = File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn();
        let child = child.unwrap_or_else(|error| panic!("{tool}: {error}; tests/run installs it"));
        let mut program = Self { child, log };
        let listens = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                let ended = program.child.try_wait().unwrap();
                assert!(ended.is_none(), "{tool} ended: {}", program.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let started = tokio::time::timeout(PATIENCE, listens).await;
        assert!(started.is_ok(), "{tool} doesn't listen: {}", program.log());
        program
    }

    /// What it has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM: Apache has processes of its own to end.
        let id = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
