// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * config.h - how the objects are configured, and the settings that several share.
 *
 * A setting is a `const volatile` global of .rodata with the prefix lbx_, written
 * by name before load; the verifier then prunes what is switched off. Read it
 * through its own name only (a cast that drops `volatile` folds it to the value
 * written here). A setting that only one object has is declared in that object's
 * headers; one object never carries a setting that it does not obey.
 */
#ifndef LBX_CONFIG_H
#define LBX_CONFIG_H

#include <linux/types.h>

/*
 * The NodePort range, both ends included, host order. The socket load balancer
 * tries NodePort services on local addresses only for ports of this range; SNAT
 * ports lie outside.
 */
const volatile __u16 lbx_nodeport_min = 30000;
const volatile __u16 lbx_nodeport_max = 32767;

#endif
