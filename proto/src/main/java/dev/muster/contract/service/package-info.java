/** What every service does as a process of its own. */
@NullMarked
package dev.muster.contract.service;

import org.jspecify.annotations.NullMarked;
