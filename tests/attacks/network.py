# %%
for family in range(0, 46):
    for kind in (1, 2, 3, 5):
        for protocol in (0, 1, 6, 17):
            attempt(f"socket {family} {kind} {protocol}", lambda: call("socket", family, kind, protocol))
# %%
for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "1.1.1.1", "169.254.169.254", "10.0.0.1", "example.com"):
    attempt(f"tcp {host}", lambda: socket.create_connection((host, T["tcp"]), timeout=1).recv(99))
attempt("dns", lambda: socket.gethostbyname("example.com"))
attempt("dns2", lambda: socket.getaddrinfo("pypi.org", 443))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", T["udp"])))
attempt("server", lambda: socket.create_server(("127.0.0.1", 0)))
attempt("netlink", lambda: socket.socket(16, 3, 0))
attempt("packet", lambda: socket.socket(17, 3, 0))
attempt("vsock", lambda: socket.socket(40, 1, 0))
attempt("alg", lambda: socket.socket(38, 5, 0))
import urllib.request
attempt("http", lambda: urllib.request.urlopen(f"http://127.0.0.1:{T['tcp']}", timeout=1).read())
# %%
# sockets that exist already: can one be turned into something else?
def address(path):
    return struct.pack("H", 1) + path
a, b = socket.socketpair()
for path in T["paths"]:
    raw = (b"\0" + path[1:].encode() if path.startswith("@") else path.encode() + b"\0")
    for fd in (a.fileno(), *connections(1), *connections(2)):
        sockaddr = ctypes.create_string_buffer(address(raw))
        attempt(f"connect {fd} {path}", lambda: call("connect", fd, sockaddr, 2 + len(raw)))
        attempt(f"bind {fd} {path}", lambda: call("bind", fd, sockaddr, 2 + len(raw)))
        attempt(f"sendto {fd} {path}", lambda: call("sendto", fd, ctypes.c_char_p(b"evil"), 4, 0, sockaddr, 2 + len(raw)) and found(0))
    attempt(f"python connect {path}", lambda: socket.socket(socket.AF_UNIX).connect("\0" + path[1:] if path.startswith("@") else path))
for kind in (2, 3, 5):
    attempt(f"socketpair {kind}", lambda: socket.socketpair(socket.AF_UNIX, kind))
attempt("socketpair dgram nonblock", lambda: socket.socketpair(socket.AF_UNIX, 2 | 0o4000))
attempt("listen", lambda: call("listen", a.fileno(), 5))
attempt("io_uring", lambda: call("io_uring_setup", 8, ctypes.create_string_buffer(200)))
