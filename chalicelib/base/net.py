"""Where on the network an address is."""

from __future__ import annotations

import ipaddress

# An IPv6 address that carries an IPv4 one inside would lead to wherever that one is.
_CARRYING = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "2002::/16")))


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public internet: nothing of ours, no loopback,
    no cloud's own services, no multicast. Raises ValueError for what is no address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    carries = any(ip in network for network in _CARRYING if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not carries
