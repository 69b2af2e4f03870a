//! What the world outside may do at any time: single faults of files and sockets (`-X fault`),
//! descriptors that run out, and what programs forget to close.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Acts that are let fail in each program; `SLOOP_FAULTS=N` tries more of them.
const ACTS: u64 = 16;

fn sloop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sloop"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// What a program has printed, and its status; it is killed if it takes too long.
fn run(command: &mut Command) -> (String, String, i32) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut pipes = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = pipes.1.read_to_string(&mut text);
        text
    });
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = pipes.0.read_to_string(&mut text);
        text
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > Duration::from_secs(150) {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
    (reader.join().expect("no panic"), errors.join().expect("no panic"), code)
}

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "sloop"));
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Any act may fail: the program gets an exception or does not notice; it neither hangs nor loses
/// a descriptor, and what was sent is not garbled.
#[test]
fn any_single_fault_is_survived() {
    let acts = std::env::var("SLOOP_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(ACTS);
    for program in programs() {
        let name = program.file_name().expect("a name").to_string_lossy().into_owned();
        for kind in ["error", "short", "eintr", "eagain"] {
            for number in 1..=acts {
                let options = [format!("fault={number}"), format!("fault-kind={kind}")];
                let mut command = sloop();
                command.args(["-X", &options[0], "-X", &options[1]]).arg(&program);
                let (out, err, code) = run(&mut command);
                let shown = format!("{name} with {options:?} ended with {code}:\n{out}{err}");
                assert!(code == 0 || code == 1, "{shown}");
                let bad = ["HANGS", "WRONG", "LEFT OPEN", "panicked"];
                assert!(!bad.iter().any(|bad| out.contains(bad) || err.contains(bad)), "{shown}");
                // The last line may be what could not be written.
                assert!(out.ends_with("end\n") || err.contains("OSError: [Errno"), "{shown}");
            }
        }
    }
}

/// A server that runs out of descriptors says so once, goes on serving those that it has, and
/// takes the others when there is room again.
#[test]
fn a_server_outlives_the_lack_of_descriptors() {
    let script = r#"
import asyncio, os, socket, time

async def echo(reader, writer):
    try:
        while data := await reader.read(100):
            writer.write(data)
    except OSError:
        pass
    writer.close()

async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    where = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*where)
    # One client waits for a descriptor that the server does not get.
    waiting = socket.socket()
    spare = []
    try:
        while True:
            spare.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        print(error.errno)
    waiting.setblocking(False)
    await asyncio.get_running_loop().sock_connect(waiting, where)
    waiting.send(b"hello")
    await asyncio.sleep(0.6)
    writer.write(b"still here")
    print(await reader.readexactly(10))
    for fd in spare:
        os.close(fd)
    start = time.monotonic()
    print(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(waiting, 5), 10))
    print(time.monotonic() - start < 1)
    waiting.close()
    writer.close()
    server.close()

asyncio.run(main())
"#;
    let binary = env!("CARGO_BIN_EXE_sloop");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n 64; exec {binary} -c \"$1\""), "sh", script]);
    let (out, err, code) = run(&mut command);
    assert_eq!((out.as_str(), code), ("24\nb'still here'\nb'hello'\nTrue\n", 0), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.contains("EMFILE") && err.contains("64"), "{err}");
}

const FORGETFUL: &str = "\
import socket, subprocess
file = open('/dev/null')
with open('/dev/null') as closed:
    pass
own = socket.socket()
child = subprocess.Popen(['sleep', '5'])
print('end')
";

#[test]
fn what_is_not_closed_is_told_to_developers() {
    let folder = std::env::temp_dir().join(format!("sloop-faults-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("forgetful.sloop");
    std::fs::write(&script, FORGETFUL).expect("a file");
    let (out, err, code) = run(sloop().arg(&script));
    assert_eq!((out.as_str(), err.as_str(), code), ("end\n", "", 0));
    let (_, err, code) = run(sloop().current_dir(&folder).args(["-X", "dev", "forgetful.sloop"]));
    assert_eq!(code, 0);
    for wanted in [
        "forgetful.sloop:2: ResourceWarning: unclosed file <_io.TextIOWrapper name='/dev/null' mode='r' encoding='UTF-8'>\n  file = open('/dev/null')\n",
        "forgetful.sloop:5: ResourceWarning: unclosed <socket.socket fd=",
        "forgetful.sloop:6: ResourceWarning: subprocess ",
    ] {
        assert!(err.contains(wanted), "{wanted:?} is not in\n{err}");
    }
    assert_eq!(err.matches("ResourceWarning").count(), 3, "{err}");
    let tested = folder.join("tested.sloop");
    std::fs::write(&tested, "file = open('/dev/null')\nprint(1)  #> 1\n").expect("a file");
    let (out, err, code) = run(sloop().current_dir(&folder).args(["test", "tested.sloop"]));
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("tested.sloop:1: unclosed file"), "{out}");
    let _ = std::fs::remove_dir_all(&folder);
}
