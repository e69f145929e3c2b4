// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * event_packet.h - what an event tells of a packet, read from the packet itself.
 *
 * Whatever the family that an object is compiled for, and whatever became of the
 * packet: one VLAN tag, IPv4 options, IPv6 extension headers and fragments are seen
 * through. What is not there (ports of a later fragment, anything of a frame that is
 * cut short) stays 0. Off the fast path, so written to be short, not to be fast.
 */
#ifndef LBX_EVENT_PACKET_H
#define LBX_EVENT_PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/event.h>
#include <lbx/mem.h>

#define EVENT_EXTENSION_HEADERS 4 /* that are looked behind */
#define EVENT_FRAGMENT_OFFSET   0x1fff

/* Ports and flags at `l4`, of protocols that have them. */
static __always_inline void event_ports(const void *l4, const void *end, struct lbx_event *event)
{
	const __u8 *tcp = l4;

	if (event->proto != IPPROTO_TCP && event->proto != IPPROTO_UDP &&
	    event->proto != IPPROTO_SCTP)
		return;
	if (l4 + 4 > end)
		return;
	event->sport = *(const mem_u16 *)l4;
	event->dport = *(const mem_u16 *)(l4 + 2);
	if (event->proto == IPPROTO_TCP && l4 + 14 <= end)
		event->tcp_flags = tcp[13];
}

static __always_inline void event_mapped(__be32 address, union v6addr *mapped)
{
	mapped->d[0] = 0;
	mapped->w[2] = bpf_htonl(0xffff);
	mapped->w[3] = address;
}

static __always_inline void event_ipv4(const void *at, const void *end, struct lbx_event *event)
{
	const struct iphdr *ip = at;

	if (at + sizeof(*ip) > end || ip->version != 4)
		return;
	event->family = 4;
	event->proto = ip->protocol;
	event_mapped(ip->saddr, &event->saddr);
	event_mapped(ip->daddr, &event->daddr);
	if (!(ip->frag_off & bpf_htons(EVENT_FRAGMENT_OFFSET)))
		event_ports(at + ip->ihl * 4, end, event);
}

static __always_inline void event_ipv6(const void *at, const void *end, struct lbx_event *event)
{
	const struct ipv6hdr *ip = at;

	if (at + sizeof(*ip) > end || ip->version != 6)
		return;
	event->family = 6;
	event->proto = ip->nexthdr;
	mem_copy_by(&event->saddr, &ip->saddr, sizeof(event->saddr), 4);
	mem_copy_by(&event->daddr, &ip->daddr, sizeof(event->daddr), 4);
	at += sizeof(*ip);

#pragma unroll
	for (int i = 0; i < EVENT_EXTENSION_HEADERS; i++) {
		const __u8 *header = at;

		if (event->proto != IPPROTO_HOPOPTS && event->proto != IPPROTO_ROUTING &&
		    event->proto != IPPROTO_DSTOPTS && event->proto != IPPROTO_FRAGMENT)
			break;
		if (at + 8 > end)
			return;
		if (event->proto == IPPROTO_FRAGMENT) {
			/* Offset and flags: 13 bits of offset come first. */
			if (header[2] | (header[3] & 0xf8)) {
				event->proto = header[0];
				return;
			}
			at += 8;
		} else {
			at += (header[1] + 1) * 8;
		}
		event->proto = header[0];
	}
	event_ports(at, end, event);
}

/* Fill what `event`, which is zero, tells of the packet, from the frame between the two. */
static __always_inline void event_read_packet(const void *data, const void *end,
					      struct lbx_event *event)
{
	const void *at = data + ETH_HLEN;
	__be16 protocol;

	if (at > end)
		return;
	protocol = *(const mem_u16 *)(at - 2);
	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) {
		at += 4;
		if (at > end)
			return;
		protocol = *(const mem_u16 *)(at - 2);
	}
	if (protocol == bpf_htons(ETH_P_IP))
		event_ipv4(at, end, event);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		event_ipv6(at, end, event);
}

#endif
